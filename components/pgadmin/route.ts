/** How the host's proxy, a Traefik that reads labels, serves pgAdmin. */
export interface Route {
    /** HTTPS name. */
    domain: string;
    /** Entrypoint that takes HTTPS. */
    entrypoint: string;
    /** Entrypoint from which plain HTTP is sent to HTTPS; none where it is "". */
    redirectFrom: string;
    /** Who gets the certificate; where it is "", the proxy's own choice. */
    certResolver: string;
}

/** The labels that make router, redirect and service. `router` has to be no other's on this proxy, and `port` is pgAdmin's. */
export function routeLabels(route: Route, router: string, network: string, port: number): Record<string, string> {
    const { domain, entrypoint, redirectFrom, certResolver } = route;
    const http = "traefik.http";
    const rule = `Host(\`${domain}\`)`;
    return {
        "traefik.enable": "true",
        // pgAdmin is on two networks, and the proxy on one of them.
        "traefik.docker.network": network,
        [`${http}.services.${router}.loadbalancer.server.port`]: String(port),
        [`${http}.routers.${router}.rule`]: rule,
        [`${http}.routers.${router}.entrypoints`]: entrypoint,
        [`${http}.routers.${router}.service`]: router,
        [`${http}.routers.${router}.tls`]: "true",
        ...(certResolver ? { [`${http}.routers.${router}.tls.certresolver`]: certResolver } : {}),
        ...(redirectFrom
            ? {
                  [`${http}.routers.${router}-http.rule`]: rule,
                  [`${http}.routers.${router}-http.entrypoints`]: redirectFrom,
                  [`${http}.routers.${router}-http.service`]: router,
                  // A name of its own: Coolify defines its redirect on each container anew, and two that differ are neither.
                  [`${http}.routers.${router}-http.middlewares`]: `${router}-https`,
                  [`${http}.middlewares.${router}-https.redirectscheme.scheme`]: "https",
              }
            : {}),
    };
}

/** pgAdmin's settings for what stands before it: how many proxies to believe about the client, and whether the cookie is for HTTPS alone. */
export function proxySettings(proxies: 0 | 1, secureCookie: boolean): string[] {
    return [
        // Believed without a proxy, a client could say that it is another; not believed behind one, all look like the proxy.
        ...["FOR", "PROTO", "HOST", "PORT"].map((header) => `PGADMIN_CONFIG_PROXY_X_${header}_COUNT=${proxies}`),
        "PGADMIN_CONFIG_PROXY_X_PREFIX_COUNT=0",
        `PGADMIN_CONFIG_SESSION_COOKIE_SECURE=${secureCookie ? "True" : "False"}`,
    ];
}
