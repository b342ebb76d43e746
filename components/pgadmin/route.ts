import { createHash } from "crypto";

/** How the host's proxy, a Traefik that reads labels, serves pgAdmin. */
export interface Route {
    /** HTTPS name. */
    domain: string;
    /** Whether TLS ends at this proxy. If not, a tunnel or another proxy ends it and sends plain HTTP to the entrypoint. */
    tls: boolean;
    /** Entrypoint for HTTPS, or for plain HTTP without `tls`. */
    entrypoint: string;
    /** Entrypoint whose plain HTTP is redirected to HTTPS. Without `tls`, or if it is "", there is no redirect. */
    redirectFrom: string;
    /** Traefik's resolver that gets the certificate; "" leaves it to the proxy. */
    certResolver: string;
}

/**
 * Name of a stack's router, from its owner `project/stack`. Both parts may have a dot, which a label's name can't have. A hash
 * then keeps the name distinct.
 */
export function routerName(owner: string): string {
    const plain = owner.replace(/[/.]/g, "-");
    return owner.includes(".") ? `${plain}-${createHash("sha256").update(owner).digest("hex").slice(0, 8)}-pgadmin` : `${plain}-pgadmin`;
}

/** The labels for router, redirect and service. `router` has to be unique on this proxy; `port` is pgAdmin's. */
export function routeLabels(route: Route, router: string, network: string, port: number): Record<string, string> {
    const { domain, tls, entrypoint, redirectFrom, certResolver } = route;
    const http = "traefik.http";
    const rule = `Host(\`${domain}\`)`;
    return {
        "traefik.enable": "true",
        // pgAdmin is on two networks, the proxy only on one of them.
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
                  // Not Coolify's name for its redirect: Coolify defines that on each container, and Traefik drops both if two differ.
                  [`${http}.routers.${router}-http.middlewares`]: `${router}-https`,
                  [`${http}.middlewares.${router}-https.redirectscheme.scheme`]: "https",
              }
            : {}),
    };
}

/** pgAdmin's settings for a proxy: how many proxies' headers it trusts, and whether the browser sends the cookie over HTTPS only. */
export function proxySettings(proxies: 0 | 1, secureCookie: boolean): string[] {
    return [
        // Trusted without a proxy, a client could pose as another. Not trusted behind one, all clients look like the proxy.
        ...["FOR", "PROTO", "HOST", "PORT"].map((header) => `PGADMIN_CONFIG_PROXY_X_${header}_COUNT=${proxies}`),
        "PGADMIN_CONFIG_PROXY_X_PREFIX_COUNT=0",
        `PGADMIN_CONFIG_SESSION_COOKIE_SECURE=${secureCookie ? "True" : "False"}`,
        // It ties a login to the client's address. Behind a proxy, that may be an edge's address, which changes between requests.
        ...(proxies > 0 ? ["PGADMIN_CONFIG_ENHANCED_COOKIE_PROTECTION=False"] : []),
    ];
}
