import * as path from "path";

export const project = path.resolve(__dirname, "..");

/** Everything that the lab makes lies in here. */
export const lab = path.join(project, ".lab");

export const inLab = (...parts: string[]): string => path.join(lab, ...parts);
