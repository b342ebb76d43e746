const { default: Sequencer } = require("@jest/test-sequencer");

/** By path, numbers as numbers: the end-to-end files share one stack, and their logs are read in that order. */
module.exports = class extends Sequencer {
    sort(tests) {
        return [...tests].sort((a, b) => a.path.localeCompare(b.path, "en", { numeric: true }));
    }
};
