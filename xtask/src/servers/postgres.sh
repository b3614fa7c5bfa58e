# Keeps one PostgreSQL cluster while standard input is open. $1: the directory of its programs.
# The user metaxy_password must log in with a password; everybody else need not.
programs=$1
# Not in $TMPDIR: the path of a socket may have about 100 bytes at most, and another user may not enter it.
directory=$(mktemp -d /tmp/metaxy-postgres.XXXXXX)
log=$directory/log
server=
unset PGDATA PGHOST PGPORT PGUSER PGDATABASE PGPASSWORD PGOPTIONS PGSERVICE

stop() {
    if [ -n "$server" ]; then
        kill -s QUIT "$server" 2>/dev/null || :
        wait "$server" || :
    fi
    rm -rf "$directory"
}
fail() {
    cat "$log" >&2
    exit 1
}
trap stop EXIT
trap 'exit 1' HUP INT TERM

"$programs/initdb" --pgdata "$directory/data" --username postgres --auth trust \
    --encoding UTF8 --locale C --no-sync >"$log" 2>&1 || fail
printf 'local all metaxy_password scram-sha-256\nlocal all all trust\n' >"$directory/data/pg_hba.conf"

"$programs/postgres" -D "$directory/data" -k "$directory" -c listen_addresses= -c max_connections=300 \
    -c shared_buffers=64MB -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
    </dev/null >>"$log" 2>&1 &
server=$!
tries=0
# Its pid file tells its state, by which pg_ctl waits too.
until grep -q '^ready' "$directory/data/postmaster.pid" 2>/dev/null; do
    tries=$((tries + 1))
    if [ "$tries" -gt 400 ] || ! kill -0 "$server" 2>/dev/null; then fail; fi
    sleep 0.1
done

printf 'postgres://postgres@%s/postgres\n' "$(printf %s "$directory" | sed 's|/|%2F|g')"
cat >/dev/null
