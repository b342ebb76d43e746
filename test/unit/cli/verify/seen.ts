import { Outcome } from "../../../../cli/verify/check";

/** An outcome in one line, to be matched. */
export const seen = ({ result, saw, remedy = "" }: Outcome) => `${result}: ${saw} ${remedy}`;
