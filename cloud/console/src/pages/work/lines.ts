/** What somebody wrote, a line each; empty lines are none. */
export const lines = (text: string): string[] => text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
