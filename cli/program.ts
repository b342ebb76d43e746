import { adopt } from "./adopt/command";
import { bench } from "./bench/command";
import { Command, Program } from "./command";
import { down, ensure, env, preview, up } from "./lab";
import { pause } from "./pause/command";
import { pin } from "./pin/command";
import { proof } from "./proof";
import { rotate } from "./rotate/command";
import { top } from "./top/command";
import { tunnel } from "./tunnel/command";
import { verify } from "./verify/command";

/** All commands of `./sidecar`, in the order of its --help. */
export const program: Program = {
    name: "./sidecar",
    description: "Commands for pgbouncer and pgAdmin beside an existing PostgreSQL. Deploy with `pulumi up`; see README.md.",
    commands: [verify, top, tunnel, pause, rotate, pin, adopt, bench, up, preview, down, env, ensure, proof] as Command[],
};
