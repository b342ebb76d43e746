import { configRemove, configSet, configSetSecret } from "../../../findings/commands";

const stack = { stack: "stage" };

test.each([
    [configSet(stack, "databaseHost", "db"), "pulumi config set --stack stage databaseHost db"],
    [configSet(stack, "--path 'databases[0]'", "NAME"), "pulumi config set --stack stage --path 'databases[0]' NAME"],
    [configSetSecret(stack, "postgresql:password"), "pulumi config set --stack stage --secret postgresql:password"],
    [configSetSecret(stack, "docker:keyMaterial", "< key.pem"), "pulumi config set --stack stage --secret docker:keyMaterial < key.pem"],
    [configRemove(stack, "pgadminDomain"), "pulumi config rm --stack stage pgadminDomain"],
])("the commands of a fix name the stack: %s", (command, expected) => expect(command).toBe(expected));
