import { effect, imagesIn, settingFor } from "../../../../cli/pin/pin";
import { projectDefaults } from "../../../../settings/project";

const configured = { pgbouncerImage: "edoburu/pgbouncer:v1.25.2-p0@sha256:1", pgadminImage: "dpage/pgadmin4:9.17@sha256:2" };

test("what is not set has the project's default, also if a list or a secret is set beside it", () => {
    const { pgadminImage } = projectDefaults();
    const config = { "pg-sidecar:pgbouncerImage": { value: "x:1", secret: false }, "postgresql:password": { secret: true } };
    expect(imagesIn(config)).toEqual({ pgbouncerImage: "x:1", pgadminImage });
});

test("the setting is the one whose image has the same name", () => {
    expect(settingFor("edoburu/pgbouncer:v2", configured, "s")).toBe("pgbouncerImage");
    expect(settingFor("docker.io/dpage/pgadmin4:9.18", configured, "s")).toBe("pgadminImage");
});

test.each([
    ["mirror.example.com/dpage/pgadmin4:9.18", configured, /neither image: pgbouncerImage is edoburu.*and pgadminImage is dpage/],
    ["x:2", { pgbouncerImage: "x:1", pgadminImage: "x:1" }, /both images/],
])("%s: any other name needs the setting's", (image, images, said) => {
    expect(() => settingFor(image, images, "s")).toThrow(said);
    expect(() => settingFor(image, images, "s")).toThrow(
        `Fix: ./sidecar pin --stack s --setting SETTING ${image}   (pgbouncerImage or pgadminImage)`,
    );
});

test("it says what the next up does", () => {
    expect(effect("pgbouncerImage", "a:2@x", "a:1@x", "s")).toMatch(
        /^the next up rolls the pooler: .*notice nothing \(to go back: .*a:1@x\)$/,
    );
    expect(effect("pgadminImage", "a:2@x", "a:1@x", "s")).toMatch(/replaces pgAdmin/);
    expect(effect("pgadminImage", "a:1@x", "a:1@x", "s")).toMatch(/changes nothing/);
    expect(effect("pgadminImage", "a:1@x", undefined, "s")).toMatch(/is not up/);
});
