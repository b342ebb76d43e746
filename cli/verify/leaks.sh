# Leaves state on one backend and has other clients look for it there, until one has that backend. It runs in the pooler's container.
# {{psql}} is a command line. SETTING holds what the first client does; LOOKER is leaks-looker.sh.
pid=$(printf '%s\n' "$SETTING" | timeout 10 {{psql}}) || exit
export pid held=0
for chain in $(seq {{chains}}); do
    looks=$(sh -c "$LOOKER")
    echo "$looks"
    case $looks in *broken*) exit ${looks##*broken } ;; *set*) break ;; esac
done
