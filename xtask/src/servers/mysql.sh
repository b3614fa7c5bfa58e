# Keeps one MySQL server while standard input is open. $1: the directory that its packages are unpacked in.
# Root need no password.
root=$1
# Not in $TMPDIR: the path of a socket may have about 100 bytes at most.
directory=$(mktemp -d /tmp/metaxy-mysql.XXXXXX)
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

# With the C library of its own release.
loader=$(echo "$root"/usr/lib/*/ld-linux-*.so.?)
libraries=$(dirname "$loader")
user=$(id -un)
set -- "$loader" --library-path "$libraries:$root/usr/lib/mysql/private" "$root/usr/sbin/mysqld" --no-defaults \
    --user="$user" --basedir="$root/usr" --plugin-dir="$root/usr/lib/mysql/plugin" \
    --lc-messages-dir="$root/usr/share/mysql" --datadir="$directory/data" --secure-file-priv=NULL --skip-log-bin \
    --mysqlx=OFF --innodb-buffer-pool-size=64M --innodb-redo-log-capacity=32M --innodb-flush-log-at-trx-commit=0 \
    --innodb-stats-persistent=OFF --innodb-doublewrite=OFF --innodb-flush-method=nosync --performance-schema=OFF
"$@" --initialize-insecure </dev/null >"$log" 2>&1 || fail

cat >"$directory/init.sql" <<'SQL'
CREATE DATABASE metaxy;
SQL
"$@" --socket="$directory/socket" --pid-file="$directory/pid" --init-file="$directory/init.sql" --skip-networking \
    --max-connections=300 </dev/null >>"$log" 2>&1 &
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
