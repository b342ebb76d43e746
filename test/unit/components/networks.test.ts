import { confinement } from "../../../components/networks";

const bridge = "com.docker.network.bridge";

test.each([
    [
        { published: false, egress: false },
        { internal: true, options: { [`${bridge}.inhibit_ipv4`]: "true" } },
    ],
    [
        { published: true, egress: false },
        { internal: false, options: { [`${bridge}.enable_ip_masquerade`]: "false" } },
    ],
    [
        { published: false, egress: true },
        { internal: false, options: { [`${bridge}.enable_ip_masquerade`]: "true" } },
    ],
    [
        { published: true, egress: true },
        { internal: false, options: { [`${bridge}.enable_ip_masquerade`]: "true" } },
    ],
])("a network with %j has %j", (reach, expected) => {
    expect(confinement(reach)).toEqual(expected);
});
