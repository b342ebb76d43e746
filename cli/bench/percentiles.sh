# Prints percentiles, in microseconds, of the transactions in pgbench's logs, and removes the logs. With --rate, the third
# column counts from the scheduled start. Each client's first three are left out: without a pooler its backend is new, and
# first has to read the catalogs.
cat "$1".[0-9]* | awk '++seen[$1] > 3 { print $3 }' | sort -n > "$1.sorted"
rm -f "$1".[0-9]*
awk '{ took[NR] = $1 }
    function at(part) { n = int(NR * part + 0.999999); return took[n < 1 ? 1 : n] }
    END {
        if (NR == 0) exit 1
        print "p50 " at(0.5); print "p90 " at(0.9); print "p99 " at(0.99); print "p99.9 " at(0.999); print "max " took[NR]
    }' "$1.sorted"
code=$?
rm -f "$1.sorted"
exit "$code"
