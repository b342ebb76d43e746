import { parseStress, StressFacts } from "../../../../cli/verify/stress";

const printed = `connection|12.5|100
backends|1000.0|2
backends|1000.5|2
connection|10.5|110
connection|11.5|121
phase|during
backends|1001.0|9
connection|20.0|130
backends|1001.5|18
phase|after
clients|1200|query
clients|30|finished
connection|9.0|140
backends|1002.0|18
phase|over
backends|1002.1|18
watch|143
`;
/** What one stress printed, parsed. */
export const facts = parseStress(printed, "Terminated\n");

const repeated = <T>(all: T[], times: number) => all.flatMap((one) => Array.from({ length: times }, () => one));
/** The same of a watch with as many samples and connections as one has to have. */
export const full: StressFacts = { ...facts, backends: repeated(facts.backends, 5), connections: repeated(facts.connections, 4) };
