import { mergeConfig } from "vite";
import { defineConfig } from "vitest/config";
import built from "./vite.config";

export default mergeConfig(built, defineConfig({ test: { environment: "happy-dom", include: ["src/**/*.test.ts"] } }));
