import jsQR from "jsqr";
import { Page } from "playwright-core";
import { lastingTotp } from "../totp";

/** Sets up an authenticator app on pgAdmin's page for it, by its QR code, and returns the secret that the app has from then on. */
export async function registerAuthenticator(page: Page): Promise<string> {
    await page.getByRole("button", { name: "Setup" }).click();
    const code = page.getByAltText("TOTP Authenticator QRCode");
    await code.waitFor();
    // As text: a list of a million numbers takes a minute to come here.
    const { dots, width, height } = await code.evaluate(async (element) => {
        const image = element as HTMLImageElement;
        await image.decode();
        const canvas = document.createElement("canvas");
        [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
        const context = canvas.getContext("2d")!;
        context.drawImage(image, 0, 0);
        const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);
        const dots = Array.from({ length: width * height }, (_, at) => (data[at * 4]! < 128 ? "#" : " ")).join("");
        return { dots, width, height };
    });
    const pixels = Uint8ClampedArray.from([...dots].flatMap((dot) => (dot === "#" ? [0, 0, 0, 255] : [255, 255, 255, 255])));
    const uri = jsQR(pixels, width, height)!.data;
    const secret = new URL(uri).searchParams.get("secret")!;
    await page.fill("input[name=code]", await lastingTotp(secret));
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("button", { name: "Delete" }).waitFor(); // what the page offers for one that is set up
    await page.getByRole("button", { name: "Continue" }).click();
    return secret;
}

/** Gives pgAdmin's page the code that the app shows, or another one. */
export async function giveCode(page: Page, code: string): Promise<void> {
    await page.fill("input[name=code]", code);
    await page.getByRole("button", { name: "Validate" }).click();
}
