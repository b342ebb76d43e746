/** Whose command it is: settings are one, and so is `{ stack: NAME }`. */
export interface OfStack {
    stack: string;
}

/** `stage` of `org/pg-sidecar/stage`, and of `pg-sidecar/stage`. */
export const shortName = (stack: string) => stack.split("/").at(-1)!;

/** The command that sets a value. `key` may have flags before it, as in `--path 'databases[0]'`. */
export const configSet = ({ stack }: OfStack, key: string, value: string) => `pulumi config set --stack ${stack} ${key} ${value}`;

/** The command that sets a secret. Without a value (or with `< FILE` for one), Pulumi reads it from its standard input. */
export const configSetSecret = ({ stack }: OfStack, key: string, value?: string) =>
    `pulumi config set --stack ${stack} --secret ${key}${value === undefined ? "" : ` ${value}`}`;

/** The command that removes a value, so that the default counts again. */
export const configRemove = ({ stack }: OfStack, key: string) => `pulumi config rm --stack ${stack} ${key}`;
