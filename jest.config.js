const common = {
    transform: { "\\.ts$": ["ts-jest", { diagnostics: false }] }, // by tsconfig's isolatedModules file by file; `npm run types` checks them
    testEnvironment: "node",
    rootDir: __dirname,
    roots: ["<rootDir>/test"], // jest reads every folder in its roots; `.lab` has whole systems while images are built
};

module.exports = {
    projects: [
        { ...common, displayName: "unit", testMatch: ["<rootDir>/test/unit/**/*.test.ts"] },
        { ...common, displayName: "e2e", testMatch: ["<rootDir>/test/e2e/**/*.test.ts"] },
        { ...common, displayName: "proof", testMatch: ["<rootDir>/test/proof/**/*.test.ts"] },
    ],
    testTimeout: 900_000, // what hangs; the slowest test takes four minutes, and a slow host may take three times as long
    testSequencer: "<rootDir>/test/sequencer.js",
    maxWorkers: 1, // the end-to-end files share one stack; `--maxWorkers` overrides it for the unit tests
};
