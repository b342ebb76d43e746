# Sourced by the shell commands, in the project's folder: makes sure of Node 20 and of the packages that package-lock.json names.
major=$(node --version | sed 's/^v\([0-9]*\).*/\1/')
[ "$major" -ge 20 ] || { echo "node $(node --version) is too old: this needs 20 or newer" >&2; exit 2; }
if ! cmp -s package-lock.json node_modules/.pg-sidecar-lock; then
    echo "installing the node packages of package-lock.json" >&2
    npm ci --no-fund --no-audit --loglevel=error >&2
    cp package-lock.json node_modules/.pg-sidecar-lock
fi
