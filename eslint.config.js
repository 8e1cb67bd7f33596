import js from "@eslint/js";
import tseslint from "typescript-eslint";

export default tseslint.config(
  {
    ignores: [
      "**/dist/",
      "**/dist-*/",
      "target/",
      ".toolchain/",
      "sdk/generated/",
      "sdk/generated-*/",
      "examples/output/",
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    rules: {
      // An underscore says that a name is there for its place only.
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_" },
      ],
    },
  },
  {
    // Examples and applications use the package as a stranger does.
    files: ["examples/**/*.ts", "examples/**/*.tsx"],
    ignores: ["examples/**/test/**"],
    rules: {
      "no-restricted-imports": [
        "error",
        { patterns: [{ regex: "/sdk/", message: "Import from least-action." }] },
      ],
    },
  },
  {
    files: ["**/*.mjs", "**/*.js"],
    languageOptions: {
      globals: Object.fromEntries(
        [
          "process",
          "console",
          "performance",
          "setTimeout",
          "clearTimeout",
          "setInterval",
          "clearInterval",
          "fetch",
        ]
          .concat(["AbortSignal", "Buffer", "URL"])
          .map((name) => [name, "readonly"]),
      ),
    },
  },
);
