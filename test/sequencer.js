const { default: Sequencer } = require("@jest/test-sequencer");

/** By path: the end-to-end files share one stack, and jest's own order changes with what each file took the last time. */
module.exports = class extends Sequencer {
    sort(tests) {
        return [...tests].sort((a, b) => (a.path < b.path ? -1 : 1));
    }
};
