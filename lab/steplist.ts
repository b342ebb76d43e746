import { Listr, ListrTask } from "listr2";
import { Running, Step } from "./step";

/** Runs steps as `runSteps` does, and shows them as a list in which each says what it does now and for how long. */
export async function runList(lists: Step[][]): Promise<void> {
    const errors: unknown[] = [];
    const tasks = (list: Step[]) => list.map((step) => taskOf(step, errors));
    const [only, ...more] = lists;
    const list =
        more.length === 0
            ? new Listr(tasks(only!), { exitOnError: true, rendererOptions })
            : new Listr(
                  lists.map((one): ListrTask => ({
                      task: (_, task) => task.newListr(tasks(one), { concurrent: false, exitOnError: true }),
                  })),
                  { concurrent: true, exitOnError: false, rendererOptions },
              );
    await list.run().catch(() => undefined); // it is among the errors
    if (errors.length > 0) throw errors[0];
}

// The caller prints the error. Lines are cut at the terminal's width, so that the list keeps its height.
const rendererOptions = { showErrorMessage: false, collapseErrors: false, collapseSubtasks: false, formatOutput: "truncate" } as const;

function taskOf(step: Step, errors: unknown[]): ListrTask {
    return {
        title: step.name,
        task: async (_, task) => {
            const running = new Running(step);
            const draw = () => {
                task.title = running.toString();
                task.output = running.latest;
            };
            const clock = setInterval(draw, 200);
            try {
                task.title = `${step.name.padEnd(10)} ${await running.work()}  [${running.elapsed()}]`;
            } catch (cause) {
                task.title = `${step.name.padEnd(10)} FAILED after ${running.elapsed()}`;
                errors.push(cause);
                throw cause;
            } finally {
                clearInterval(clock);
            }
        },
    };
}
