# Watches the database from one direct session while clients query through the pooler, and prints what parseStress reads. It runs in
# the pooler's container. Everything in it ends by itself: a run that is cut off leaves nothing behind.
# {{direct}} and {{pooled}} are command lines of psql. SAMPLE, CONNECT, FIRST and TURN hold what it is fed.

# Samples every 0.1 s, and makes a new direct connection every fifth time.
watch() {
    turn=0
    while [ $turn -lt {{turns}} ] && printf '%s\n' "$SAMPLE"; do
        [ $((turn % 5)) -ne 0 ] || printf '%s\n' "$CONNECT"
        turn=$((turn + 1))
        sleep 0.1
    done
}

# psql quits at the deadline, and the closed pipe ends the loop.
client() {
    { printf '%s\n' "$FIRST"; while printf '%s\n' "$TURN"; do :; done; } 2> /dev/null | timeout {{longest}} {{pooled}} 2>&1
}

watch 2> /dev/null | PGPASSWORD="$DIRECT_PASSWORD" PGAPPNAME="$DIRECT_NAME" PGOPTIONS="$DIRECT_OPTIONS" {{direct}} &
watching=$!
sleep {{before}}
echo "phase|during"
(
    i=0
    while [ $i -lt {{clients}} ]; do
        client &
        i=$((i + 1))
    done
    wait
) | sed 's/^psql:<stdin>:[0-9]*: //' | sort | uniq -c | sed 's/^ *\([0-9]*\) /clients|\1|/'
echo "phase|after"
sleep {{after}}
echo "phase|over"
kill $watching 2> /dev/null
wait $watching
echo "watch|$?" # 143 if it lasted until the kill
