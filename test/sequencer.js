const { default: Sequencer } = require("@jest/test-sequencer");

/** By path: the end-to-end files share one stack, and the one that destroys it is named to be the last. */
module.exports = class extends Sequencer {
    sort(tests) {
        return [...tests].sort((a, b) => (a.path < b.path ? -1 : 1));
    }
};
