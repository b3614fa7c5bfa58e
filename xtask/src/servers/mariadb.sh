# Keeps one MariaDB server while standard input is open. $1: the directory of mariadbd.
# Root need no password.
programs=$1
# Not in $TMPDIR: the path of a socket may have about 100 bytes at most, and another user may not enter it.
directory=$(mktemp -d /tmp/metaxy-mariadb.XXXXXX)
log=$directory/log
server=
unset MYSQL_HOME MYSQL_HOST MYSQL_TCP_PORT MYSQL_UNIX_PORT MYSQL_PWD

stop() {
    if [ -n "$server" ]; then
        kill -s KILL "$server" 2>/dev/null || :
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

PATH=$PATH:$programs
mariadb-install-db --no-defaults --datadir="$directory/data" --auth-root-authentication-method=normal \
    --skip-test-db --skip-log-bin >"$log" 2>&1 || fail

cat >"$directory/init.sql" <<'SQL'
CREATE DATABASE metaxy;
SQL
"$programs/mariadbd" --no-defaults --datadir="$directory/data" --socket="$directory/socket" --pid-file="$directory/pid" \
    --init-file="$directory/init.sql" --skip-networking --skip-log-bin --max-connections=300 \
    --innodb-buffer-pool-size=64M --innodb-log-file-size=32M --innodb-flush-log-at-trx-commit=0 \
    --innodb-stats-persistent=OFF --innodb-doublewrite=0 --innodb-flush-method=nosync --debug-no-sync --performance-schema=OFF </dev/null >>"$log" 2>&1 &
server=$!
tries=0
# The last thing that the server writes before it answers, after its init file.
until grep -q 'ready for connections' "$log" 2>/dev/null; do
    tries=$((tries + 1))
    if [ "$tries" -gt 400 ] || ! kill -0 "$server" 2>/dev/null; then fail; fi
    sleep 0.1
done

printf 'mysql://root@localhost/metaxy?unix_socket=%s\n' "$directory/socket"
cat >/dev/null
