/** Told to the window when the line to the cloud is there again after a cut: what is shown may be old. */
export const BACK = "telltale:back";
