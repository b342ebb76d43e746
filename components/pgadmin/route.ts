import { createHash } from "crypto";

/** How the host's proxy, a Traefik that reads labels, serves pgAdmin. */
export interface Route {
    /** HTTPS name. */
    domain: string;
    /** Whether TLS ends at this proxy; if not, the entrypoint takes plain HTTP from whoever ends it (a tunnel, another proxy). */
    tls: boolean;
    /** Entrypoint that takes HTTPS, or plain HTTP without `tls`. */
    entrypoint: string;
    /** Entrypoint from which plain HTTP is sent to HTTPS; none where it is "", or without `tls`. */
    redirectFrom: string;
    /** Who gets the certificate; where it is "", the proxy's own choice. */
    certResolver: string;
}

/**
 * Name of a stack's router, by its owner `project/stack`. A label's name can't carry a dot, which both may have: such a name
 * is told from others by a hash.
 */
export function routerName(owner: string): string {
    const plain = owner.replace(/[/.]/g, "-");
    return owner.includes(".") ? `${plain}-${createHash("sha256").update(owner).digest("hex").slice(0, 8)}-pgadmin` : `${plain}-pgadmin`;
}

/** The labels that make router, redirect and service. `router` has to be no other's on this proxy, and `port` is pgAdmin's. */
export function routeLabels(route: Route, router: string, network: string, port: number): Record<string, string> {
    const { domain, tls, entrypoint, redirectFrom, certResolver } = route;
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
        ...(tls ? { [`${http}.routers.${router}.tls`]: "true" } : {}),
        ...(tls && certResolver ? { [`${http}.routers.${router}.tls.certresolver`]: certResolver } : {}),
        ...(tls && redirectFrom
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
        // It ties a login to the client's address, which behind a proxy may be that of an edge which changes from request to request.
        ...(proxies > 0 ? ["PGADMIN_CONFIG_ENHANCED_COOKIE_PROTECTION=False"] : []),
    ];
}
