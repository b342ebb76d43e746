/** Whether this process has to outlive its terminal, as nohup asks. ./sidecar finds it out, since Node resets an ignored SIGHUP. */
export const outlivesTerminal = process.env.SIDECAR_NOHUP === "1";
