# One client that looks. One that has another backend keeps it while psql runs this script again for the next client, with `held`
# one higher. LOOKING holds what each does.
export held=$((held + 1))
[ $held -lt {{atOnce}} ] && more=1 || more=0
[ $held -gt 1 ] && within=3 || within=10
printf '%s\n' "$LOOKING" | timeout $within {{psql}} -v pid=$pid -v more=$more || [ $held -gt 1 ] || echo "broken $?"
