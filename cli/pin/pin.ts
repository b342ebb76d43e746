import { z } from "zod";
import { configSet } from "../../findings/commands";
import { UserError } from "../../findings/errors";
import { fullName } from "../../host/imagereference";
import { projectDefaults } from "../../settings/project";
import { askCli, project, selectedStack } from "../stack";
import { pulumi } from "../terminal";
import { imageSettings, ImageSetting, PinOptions } from "./command";
import { parseReference } from "./reference";
import { digestOf } from "./registry";

type Images = Record<ImageSetting, string>;

/** Sets an image by the digest that its registry has for the tag. */
export async function pin(image: string, { stack: named, setting }: PinOptions): Promise<number> {
    const reference = parseReference(image);
    const stack = await selectedStack(named);
    const configured = imagesIn(await askCli(stack, ["config", "--json"])); // alone: it fails if the stack does not exist
    const key = setting ?? settingFor(image, configured, stack);
    const [digest, deployed] = await Promise.all([digestOf(reference), deployedImages(stack)]);
    const wanted = `${image}@${digest}`;
    const isSame = wanted === configured[key];
    if (!isSame) {
        const set = await pulumi(["config", "set", "--stack", stack, key, wanted]);
        if (set !== 0) return set;
    }
    console.error(isSame ? `pin: ${key} is ${wanted} already` : `pin: ${key}\n  from ${configured[key]}\n  to   ${wanted}`);
    console.error(`pin: ${effect(key, wanted, deployed?.[key], stack)}`);
    return 0;
}

/** The images that a stack is set to, from what `pulumi config --json` prints. */
export function imagesIn(config: unknown): Images {
    const values = config as Record<string, { value?: string } | undefined>;
    const defaults = projectDefaults();
    return Object.fromEntries(imageSettings.map((key) => [key, values[`${project}:${key}`]?.value ?? defaults[key]])) as Images;
}

/** The setting whose image has this name. Throws a UserError if it is not exactly one of them. */
export function settingFor(image: string, configured: Images, stack: string): ImageSetting {
    const [key, ...others] = imageSettings.filter((one) => fullName(configured[one]) === fullName(image));
    if (key && others.length === 0) return key;
    const names = imageSettings.map((one) => `${one} is ${configured[one]}`).join(", and ");
    throw new UserError(
        `${image} has the name of ${key ? "both images" : "neither image"}: ${names}`,
        `./sidecar pin --stack ${stack} --setting SETTING ${image}   (${imageSettings.join(" or ")})`,
    );
}

/** The images that are deployed; undefined if the stack is not up. */
async function deployedImages(stack: string): Promise<Images | undefined> {
    const outputs = await askCli(stack, ["stack", "output", "--json"]);
    return z.object({ deployed: z.object({ pgbouncerImage: z.string(), pgadminImage: z.string() }) }).safeParse(outputs).data?.deployed;
}

/** What an `up` with this image does. */
export function effect(key: ImageSetting, wanted: string, deployed: string | undefined, stack: string): string {
    if (deployed === wanted) return "it is deployed already: the next up changes nothing";
    if (deployed === undefined) return "the stack is not up: the next up starts with it";
    return key === "pgbouncerImage"
        ? `the next up rolls the pooler: a second one proves itself and takes over. Clients that try all addresses of its name notice nothing (to go back: ${configSet({ stack }, key, deployed)})`
        : `the next up tries it on a copy of pgAdmin's volume, and packs the volume into its backups. Then it replaces pgAdmin, which is away for some seconds`;
}
