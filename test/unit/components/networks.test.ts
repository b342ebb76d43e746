import { confinement } from "../../../components/networks";

const bridge = "com.docker.network.bridge";
const withoutIpv6 = { "com.docker.network.enable_ipv6": "false" };

test.each([
    [
        { published: false, egress: false },
        { internal: true, options: { [`${bridge}.inhibit_ipv4`]: "true", ...withoutIpv6 } },
    ],
    [
        { published: true, egress: false },
        { internal: false, options: { [`${bridge}.enable_ip_masquerade`]: "false", ...withoutIpv6 } },
    ],
    [
        { published: false, egress: true },
        { internal: false, options: { [`${bridge}.enable_ip_masquerade`]: "true", ...withoutIpv6 } },
    ],
    [
        { published: true, egress: true },
        { internal: false, options: { [`${bridge}.enable_ip_masquerade`]: "true", ...withoutIpv6 } },
    ],
])("a network with %j has %j", (reach, expected) => {
    expect(confinement(reach)).toEqual(expected);
});
