# lib.sh - what deploy/up, tests/run and tests/bench/run share: packages, build, a private Redis, the services.
# Sourced by bash scripts with `set -eu`. It starts processes only through `start`, and stops only those.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
STARTED=() # process ids, in order
NAMES=()
LOGS=()
declare -A LOG_FROM=() # where in its log that what runs now began
LOG_MAX=$((10 * 1024 * 1024))

say() { printf '%s\n' "$*"; }
die() {
    printf 'buckstop: %s\n' "$*" >&2
    exit 1
}

# COMMAND...: three times more, where it says "not now" (exit status 3), as the store of a busy machine may. It is one that
# may be done twice.
patiently() {
    local status left
    for left in 3 2 1 0; do
        status=0
        "$@" || status=$?
        [ "$status" -eq 3 ] && [ "$left" -gt 0 ] || return "$status"
        say "-- that is tried again" >&2
    done
}

# Installs what the lists name and the machine has not; without the right to, says which and how.
need_packages() {
    local list missing=() name
    for list in "$@"; do
        while read -r name; do
            case "$name" in '' | '#'*) continue ;; esac
            dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
        done <"$list"
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    command -v apt-get >/dev/null || die "these packages are missing, and this is no Debian: ${missing[*]}"
    local sudo=()
    if [ "$(id -u)" -ne 0 ]; then
        sudo=(sudo -n)
        "${sudo[@]}" true 2>/dev/null || die "please install, as root:  apt-get install ${missing[*]}"
    fi
    say "installing: ${missing[*]}"
    "${sudo[@]}" apt-get update -qq >/dev/null || die "apt-get update failed"
    local apt=("${sudo[@]}" env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get install -y --no-install-recommends)
    if [ -t 1 ]; then
        "${apt[@]}" -qq "${missing[@]}"
    else
        (set -o pipefail && "${apt[@]}" -q "${missing[@]}" | counted apt_at /dev/null)
    fi ||
        die "apt-get install failed; try:  apt-get install ${missing[*]}"
}

# COMMAND | counted WHERE LOG: all is kept in LOG. For who has no terminal a line every TELL_EVERY seconds says how far it is,
# and one when something else begins. WHERE LINE sets `at` to that; 0: something else begins.
TELL_EVERY=10
counted() {
    local line at='' all=some said=$SECONDS
    local -A n=()
    while IFS= read -r line; do
        printf '%s\n' "$line" >>"$2"
        if "$1" "$line" || [ $((SECONDS - said)) -ge "$TELL_EVERY" ]; then
            [ -z "$at" ] || say "  $at"
            at='' said=$SECONDS
        fi
    done
}
# "[412/903] Building ..."
ninja_at() {
    [[ ! "$1" =~ ^\[([0-9]+)/([0-9]+)\] ]] || at="${BASH_REMATCH[1]} of ${BASH_REMATCH[2]}"
    return 1
}
# "0 upgraded, 131 newly installed, ..."; then a line for each: "Get:7 http://...", "Unpacking make ...", "Setting up make ..."
apt_at() {
    local step
    [[ ! "$1" =~ ^([0-9]+)\ upgraded,\ ([0-9]+)\ newly ]] || all=$((BASH_REMATCH[1] + BASH_REMATCH[2]))
    case "$1" in
    Get:*) step=downloading ;;
    'Unpacking '*) step=unpacking ;;
    'Setting up '*) step='setting up' ;;
    *) return 1 ;;
    esac
    n[$step]=$((${n[$step]:-0} + 1))
    at="$step packages: ${n[$step]} of $all"
    [ "${n[$step]}" -eq 1 ]
}

# build DIRECTORY [cmake options...]: quiet when all is well, everything when not; a counter for who watches, and for who
# does not a line now and then.
# gently="nice -n 10" before it lets others go first.
build() {
    local directory=$1 log
    shift
    mkdir -p "$directory" 2>/dev/null && [ -w "$directory" ] ||
        die "can't write to $directory; name another folder:  BUCKSTOP_BUILD=\$HOME/buckstop-build"
    log=$(mktemp)
    local launcher=()
    command -v ccache >/dev/null && launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache)
    local first=' (some minutes the first time)'
    [ ! -e "$directory/build.ninja" ] || first=
    say "building in ${directory#"$ROOT"/}$first"
    if ! cmake -S "$ROOT" -B "$directory" -G Ninja "${launcher[@]}" "$@" >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        die "the build could not be set up, see above"
    fi
    if [ -t 1 ]; then
        rm -f "$log"
        ${gently:-} cmake --build "$directory" || die "the build failed, see above"
        return
    fi
    if ! (set -o pipefail && ${gently:-} cmake --build "$directory" 2>&1 | counted ninja_at "$log"); then
        cat "$log" >&2
        rm -f "$log"
        die "the build failed, see above"
    fi
    rm -f "$log"
}

# start NAME LOG COMMAND...: in the background, in a process group of its own, so that Ctrl-C reaches this script
# alone and it ends them in order; ended by stop_all.
start() {
    local name=$1 log=$2
    shift 2
    LOG_FROM[$log]=$(stat -Lc %s "$log" 2>/dev/null || echo 0)
    setsid "$@" >>"$log" 2>&1 </dev/null &
    STARTED+=($!)
    NAMES+=("$name")
    LOGS+=("$log")
}

# A log goes on where the last start left it: what it says of an accident is wanted afterwards. A large one is put aside.
go_on_with_log() {
    [ "$(stat -Lc %s "$1" 2>/dev/null || echo 0)" -le "$LOG_MAX" ] || mv -f "$1" "$1.1"
    printf -- '---- started %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >>"$1"
}
# What it says since this start.
log_of_now() { tail -c "+$((${LOG_FROM[$1]:-0} + 1))" "$1"; }

# how_it_ended INDEX STATUS: in words, with what it said last.
how_it_ended() {
    local how="status $2" last
    [ "$2" -gt 128 ] && how="killed by SIG$(kill -l $(($2 - 128)) 2>/dev/null || echo " $(($2 - 128))")"
    [ "$how" = "killed by SIGKILL" ] && how="$how, by somebody or because memory ran out"
    last=$(log_of_now "${LOGS[$1]}" 2>/dev/null | tail -n 1)
    printf '%s ended (%s); its log %s %s' "${NAMES[$1]}" "$how" "$(readlink -f "${LOGS[$1]}")" "${last:+ends with: $last}"
    [ -n "$last" ] || printf 'says nothing of it'
}

# lock FILE: ours until the last process that we started has ended, too; else it says who is there, and ends.
lock() {
    local at pid pids=() names=
    exec 9>>"$1"
    if flock -n 9; then
        printf '%s\n' $$ >"$1" # who has to be told to stop
        return 0
    fi
    for at in /proc/[0-9]*/fd/*; do # a shell puts it elsewhere while it begins what must not have it
        pid=${at#/proc/} pid=${pid%%/*}
        [ "$pid" != $$ ] && [ "$at" -ef "$1" ] && [[ " ${pids[*]} " != *" $pid "* ]] || continue
        pids+=("$pid")
        names+=", $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | awk '{ sub (".*/", "", $1); print $1 }') $pid"
    done
    pid=$(cat "$1")
    if [ -n "$pid" ] && [[ " ${pids[*]} " == *" $pid "* ]]; then
        die "something runs in ${1%/*} already; stop it:  kill $pid    or give another --data"
    elif [ ${#pids[@]} -gt 0 ]; then
        die "what an earlier start left runs in ${1%/*}: ${names#, }; stop it:  kill ${pids[*]}    or give another --data"
    fi
    die "something runs in ${1%/*} already, of another user; stop it, or give another --data"
}

# move_data FROM TO: what an earlier release kept elsewhere goes on there; not while something runs in it.
move_data() {
    [ -d "$1" ] && [ ! -e "$2" ] || return 0
    lock "$1/lock"
    mv "$1" "$2" || die "can't move $1 to $2; do it by hand, or give --data $1"
    say "the data of ${1#"$ROOT"/} are in ${2#"$ROOT"/} now"
}

# Polls in short steps, bounded: wait_for SECONDS COMMAND...
wait_for() {
    local tries=$(($1 * 50))
    shift
    while ! "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        read -r -t 0.02 <> <(:) || true
    done
}

# A Redis of our own: unix socket, append-only, fsync always, nobody is evicted. Half of the memory that is free is its
# limit: past 80 % of it intake refuses, before the kernel would choose whom to kill.
start_redis() {
    local directory=$1 socket=$2 half
    half=$(awk '/MemAvailable/ { print int ($2 / 2) }' /proc/meminfo)
    mkdir -p "$directory"
    command -v redis-server >/dev/null || die "redis-server is missing; as root:  apt-get install redis-server"
    go_on_with_log "$directory/redis.log"
    start redis "$directory/redis.log" redis-server --port 0 --unixsocket "$socket" --unixsocketperm 700 \
        --dir "$directory" --appendonly yes --appendfsync always --maxmemory-policy noeviction --save '' \
        --stream-node-max-entries 1 --maxmemory "${half}kb" --daemonize no
    wait_for 30 redis_answers "$socket" || { tail -n 5 "$directory/redis.log" >&2; die "redis did not start"; }
}
redis_answers() { [ "$(redis-cli -s "$1" ping 2>/dev/null)" = PONG ]; }

# start_services BUILD RUN HTTP [options for all...]: one of each, on unix sockets below RUN.
# NOTIFICATION_OPTIONS and INTAKE_OPTIONS (arrays) add to those of one service.
start_services() {
    local build=$1 run=$2 http=$3 name
    shift 3
    local common=(--redis "unix:$run/redis.sock" --submit "ipc://$run/submit" --route "ipc://$run/route"
        --due "ipc://$run/due" --outbox "ipc://$run/outbox" --stream "ipc://$run/stream" "$@")
    for name in notification escalation routing intake; do
        local own=(--health "127.0.0.1:0")
        [ "$name" = intake ] && own+=(--listen "$http" ${INTAKE_OPTIONS[@]+"${INTAKE_OPTIONS[@]}"})
        [ "$name" = notification ] && own+=(${NOTIFICATION_OPTIONS[@]+"${NOTIFICATION_OPTIONS[@]}"})
        start "$name" "$run/$name.log" "$build/buckstop-$name" "${common[@]}" "${own[@]}"
    done
    for name in notification escalation routing intake; do
        wait_for 30 settled "$name" "$run/$name.log" || true
        is_ready "$name" "$run/$name.log" || not_started "$name" "$run/$name.log"
    done
}
# start_console BUILD RUN LISTEN HTTP [options...]: once the others run, since it shows whether they are ready.
start_console() {
    local build=$1 run=$2 listen=$3 http=$4 others
    shift 4
    others=$(health_doors "$run" intake routing escalation notification | paste -s -d ,)
    ! is_everywhere "$http" || http=127.0.0.1:${http##*:}
    start console "$run/console.log" "$build/buckstop-console" --redis "unix:$run/redis.sock" --route "ipc://$run/route" \
        --due "ipc://$run/due" --outbox "ipc://$run/outbox" --health 127.0.0.1:0 --listen "$listen" --intake "http://$http" \
        --services "$others" "$@"
    wait_for 30 settled console "$run/console.log" || true
    is_ready console "$run/console.log" || not_started console "$run/console.log"
}
# start_archive BUILD RUN DIRECTORY: keeps what happened, for reports; after the others, whose events it keeps.
start_archive() {
    mkdir -p "$3"
    start archive "$2/archive.log" "$1/buckstop-archive" --redis "unix:$2/redis.sock" --health 127.0.0.1:0 --dir "$3"
    wait_for 30 settled archive "$2/archive.log" || true
    is_ready archive "$2/archive.log" || not_started archive "$2/archive.log"
}
is_ready() { log_of_now "$2" | grep -q "$1 ready\$"; }
pid_of() {
    local i
    for i in "${!NAMES[@]}"; do [ "${NAMES[$i]}" = "$1" ] && echo "${STARTED[$i]}"; done
}
settled() { is_ready "$1" "$2" || ! kill -0 "$(pid_of "$1")"; }
# ADDRESS:PORT?
is_address() {
    local port=${1##*:}
    [[ "$1" == *?:* && "$port" =~ ^[0-9]{1,5}$ ]] && [ "$port" -ge 1 ] && [ "$port" -le 65535 ]
}
# Does it listen at every address here? Elsewhere that one means nothing.
is_everywhere() {
    case "$1" in '*:'* | :* | 0.0.0.0:* | '[::]:'*) return 0 ;; esac
    return 1
}
# leads_on_to ADDRESS:PORT: the console's URL for pages behind links in notices; nothing where people elsewhere can't use it.
leads_on_to() { is_everywhere "$1" || printf 'http://%s\n' "$1"; }
# Does somebody answer at ADDRESS:PORT already? Only a first look: intake itself has the last word.
answers_at() {
    local host=${1%:*}
    host=${host#[} host=${host%]}
    [ "$host" != '*' ] || host=127.0.0.1
    timeout 1 bash -c ': 3<>"/dev/tcp/$0/$1"' "$host" "${1##*:}" 2>/dev/null
}
# smtp_door URL: its ADDRESS:PORT.
smtp_door() {
    local at=${1#*://} port=25
    at=${at%%/*} at=${at##*@}
    case "$1" in smtps:*) port=465 ;; esac
    [[ "$at" =~ :[0-9]+$ ]] || at=$at:$port
    printf '%s\n' "$at"
}
# again [--OPTION VALUE ...]: the command that was given (COMMAND), with these instead of its own.
again() {
    local words=("${COMMAND[@]}") i found
    while [ $# -gt 1 ]; do
        found=no
        for ((i = 1; i < ${#words[@]} - 1; i++)); do
            [ "${words[$i]}" = "$1" ] && words[i + 1]=$2 found=yes
        done
        [ "$found" = yes ] || words+=("$1" "$2")
        shift 2
    done
    printf '%q' "${words[0]}"
    [ ${#words[@]} -eq 1 ] || printf ' %q' "${words[@]:1}"
}
# ports_taken [--OPTION ADDRESS:PORT ...]: nothing; or all that are taken in one message, with free ones instead, and 1.
ports_taken() {
    local used=' ' taken='' option at instead=()
    while [ $# -gt 1 ]; do
        option=$1 at=$2
        shift 2
        if [[ "$used" == *" $at "* ]] || answers_at "$at"; then
            taken+=", $option $at"
            at=$(free_beside "$at" "$used$* ")
            instead+=("$option" "$at")
        fi
        used+="$at "
    done
    [ -n "$taken" ] || return 0
    printf 'somebody answers there already: %s; free are:\n  %s\n' "${taken#, }" "$(again "${instead[@]}")"
    return 1
}
# free_beside ADDRESS:PORT USED: the next hundreds are tried; neither answered at nor in " USED ".
free_beside() {
    local port=$((10#${1##*:})) host=${1%:*}
    while port=$((port < 65400 ? port + 100 : 7400)); do
        [[ "$2" == *" $host:$port "* ]] || answers_at "$host:$port" || break
    done
    printf '%s\n' "$host:$port"
}
# runtime_folder DATA: an empty folder for sockets, the same at each start, so that what somebody exported or noted stays
# right: DATA/buckstop-run; where a socket's path there would be too long or would hold what an endpoint can't, or the
# file system takes no sockets: one of this user's below /tmp, named after DATA.
SOCKET_MAX=107 LONGEST=lmtp.sock.lock # bytes (unix(7)); the longest name below it, with room
runtime_folder() {
    local run=$1/buckstop-run
    if [ "$(printf %s "$run/$LONGEST" | wc -c)" -gt $SOCKET_MAX ] || [[ "$run" == *[!A-Za-z0-9._/+-]* ]] ||
        ! { rm -rf "$run" && mkdir "$run" && takes_sockets "$run"; } 2>/dev/null; then
        [ ! -d "$run" ] || rm -rf "$run" 2>/dev/null || true
        run=/tmp/buckstop-$(id -u)-$(printf %s "$1" | sha256sum | cut -c 1-12)
    fi
    if [ -L "$run" ] || { [ -e "$run" ] && [ ! -O "$run" ]; }; then
        die "$run is somebody else's; give the data a shorter path:  $(again --data /var/tmp/buckstop)"
    fi
    rm -rf "$run"
    mkdir -m 700 "$run" || die "can't make $run, where the sockets go"
    printf '%s\n' "$run"
}
takes_sockets() { perl -MIO::Socket::UNIX -e 'exit !IO::Socket::UNIX->new (Local => shift, Listen => 1)' "$1/probe"; }
# health_doors RUN NAME...: where each answers for its health, as `buckstop health` reads it.
health_doors() {
    local run=$1 name
    shift
    for name; do
        printf '%s=http://127.0.0.1:%s\n' "$name" \
            "$(log_of_now "$run/$name.log" | sed -n 's/.*for=health .*port=\([0-9]*\).*/\1/p' | tail -n 1)"
    done
}
# told_by_mail POLICY: "people", "customers" or both, when it takes a mail server to tell them; else nothing. Where all goes
# to a log instead (dry) it takes none.
told_by_mail() {
    local text dry people='' customers=''
    text=$(sed 's/^#.*//; s/ #.*//' "$1")
    dry=$(sed -n "s/^dry: *[\"']\{0,1\}//p" <<<"$text")
    case "$dry" in
    mail:*) people=yes customers=yes ;;
    ?*) ;;
    *)
        ! grep -qE "(^|[^a-z_])mail: *[\"']?[^\"'{ ]+@" <<<"$text" || people=yes
        ! grep -qE "(^|[^a-z_])answer: *[\"']?mail" <<<"$text" || customers=yes
        grep -q '^channels:' <<<"$text" || customers=yes # the built-in ones: mail and form answer so
        ;;
    esac
    printf '%s\n' "${people:+people}${people:+${customers:+ and }}${customers:+customers}"
}
not_started() { # NAME LOG
    local why
    why=$(log_of_now "$2" | grep -E ' (error|warning) ' | tail -n 1)
    [ -n "$why" ] || why=$(log_of_now "$2" | tail -n 1)
    case "$1 $why" in
    console*'in use'*) say "buckstop: the console's address is taken; give another:  deploy/up --console 127.0.0.1:7580" >&2 ;;
    *'in use'*) say "buckstop: the address is taken; give another:  deploy/up --listen 127.0.0.1:7500" >&2 ;;
    esac
    die "$1 did not start: $why"
}

# Services first, since they still settle what is under way; then the store. Each by the id it was started with.
stop_all() {
    local i
    for i in "${!STARTED[@]}"; do
        [ "${NAMES[$i]}" = redis ] || kill -TERM "${STARTED[$i]}" 2>/dev/null || true
    done
    for i in "${!STARTED[@]}"; do
        [ "${NAMES[$i]}" = redis ] || wait "${STARTED[$i]}" 2>/dev/null || true
    done
    for i in "${!STARTED[@]}"; do
        [ "${NAMES[$i]}" = redis ] || continue
        kill -TERM "${STARTED[$i]}" 2>/dev/null || true
        wait "${STARTED[$i]}" 2>/dev/null || true
    done
    STARTED=()
    NAMES=()
    LOGS=()
}
