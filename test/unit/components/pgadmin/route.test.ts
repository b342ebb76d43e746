import { proxySettings, routeLabels, routerName } from "../../../../components/pgadmin/route";

const coolify = { domain: "pgadmin.example.com", tls: true, entrypoint: "https", redirectFrom: "http", certResolver: "letsencrypt" };

test("the labels make a router over TLS, its service, and a redirect from plain HTTP", () => {
    expect(routeLabels(coolify, "us-pgadmin", "coolify", 80)).toEqual({
        "traefik.enable": "true",
        "traefik.docker.network": "coolify",
        "traefik.http.services.us-pgadmin.loadbalancer.server.port": "80",
        "traefik.http.routers.us-pgadmin.rule": "Host(`pgadmin.example.com`)",
        "traefik.http.routers.us-pgadmin.entrypoints": "https",
        "traefik.http.routers.us-pgadmin.service": "us-pgadmin",
        "traefik.http.routers.us-pgadmin.tls": "true",
        "traefik.http.routers.us-pgadmin.tls.certresolver": "letsencrypt",
        "traefik.http.routers.us-pgadmin-http.rule": "Host(`pgadmin.example.com`)",
        "traefik.http.routers.us-pgadmin-http.entrypoints": "http",
        "traefik.http.routers.us-pgadmin-http.service": "us-pgadmin",
        "traefik.http.routers.us-pgadmin-http.middlewares": "us-pgadmin-https",
        "traefik.http.middlewares.us-pgadmin-https.redirectscheme.scheme": "https",
    });
});

test("a proxy with a certificate of its own and no plain HTTP gets neither resolver nor redirect", () => {
    const labels = Object.keys(routeLabels({ ...coolify, redirectFrom: "", certResolver: "" }, "us", "edge", 80));
    expect(labels.filter((label) => /certresolver|-http|middlewares/.test(label))).toEqual([]);
});

test("without a proxy no client's headers are trusted, and the cookie goes over plain HTTP", () => {
    expect(proxySettings(0, false)).toEqual([
        ...["FOR", "PROTO", "HOST", "PORT", "PREFIX"].map((header) => `PGADMIN_CONFIG_PROXY_X_${header}_COUNT=0`),
        "PGADMIN_CONFIG_SESSION_COOKIE_SECURE=False",
    ]);
    expect(proxySettings(1, true)).toContain("PGADMIN_CONFIG_PROXY_X_FOR_COUNT=1");
    expect(proxySettings(1, true)).toContain("PGADMIN_CONFIG_SESSION_COOKIE_SECURE=True");
});

test("if TLS ends before the proxy, the router takes plain HTTP and redirects nobody", () => {
    const labels = routeLabels({ ...coolify, tls: false, entrypoint: "http" }, "us", "edge", 80);
    expect(labels["traefik.http.routers.us.entrypoints"]).toBe("http");
    expect(Object.keys(labels).filter((label) => /tls|certresolver|-http|middlewares/.test(label))).toEqual([]);
});

test("behind a proxy a login isn't tied to the client's address", () => {
    expect(proxySettings(1, true)).toContain("PGADMIN_CONFIG_ENHANCED_COOKIE_PROTECTION=False");
    expect(proxySettings(0, false).join()).not.toContain("ENHANCED_COOKIE_PROTECTION");
});

test("a router's name fits into a label and is unique to its stack", () => {
    expect(routerName("pg-sidecar/prod")).toBe("pg-sidecar-prod-pgadmin");
    expect(routerName("pg-sidecar/prod_eu")).toBe("pg-sidecar-prod_eu-pgadmin");
    const names = ["a/b.c", "a/b-c", "a/b_c", "a.b/c", "a-b/c."].map(routerName);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[\w-]+$/);
});
