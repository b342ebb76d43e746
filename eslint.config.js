const pulumi = require("@pulumi/eslint-plugin");
const prettier = require("eslint-config-prettier");
const tseslint = require("typescript-eslint");

module.exports = tseslint.config(
    { ignores: ["node_modules/", ".lab/", "*.js", "test/*.js"] },
    ...tseslint.configs.recommendedTypeChecked,
    prettier,
    {
        files: ["**/*.ts"],
        languageOptions: { parserOptions: { project: "tsconfig.json", tsconfigRootDir: __dirname } },
        plugins: { "@pulumi": pulumi },
        rules: {
            // More of them is an object with names.
            "@typescript-eslint/max-params": ["error", { max: 4 }],
            "@pulumi/no-output-in-template-literal": "error",
            "@pulumi/no-output-instance-in-template-literal": "error",
            // A component's children take it as their parent under a name that says so.
            "@typescript-eslint/no-this-alias": ["error", { allowedNames: ["parent"] }],
        },
    },
    {
        files: ["test/**/*.ts"],
        rules: {
            "@typescript-eslint/max-params": "off", // a row of test.each is a list
            // Mocks and transformations get and give whatever a resource has.
            "@typescript-eslint/no-explicit-any": "off",
            "@typescript-eslint/no-unsafe-assignment": "off",
            "@typescript-eslint/no-unsafe-member-access": "off",
            "@typescript-eslint/no-unsafe-argument": "off",
            "@typescript-eslint/no-unsafe-return": "off",
            "@typescript-eslint/no-unsafe-call": "off",
        },
    },
);
