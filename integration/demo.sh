#!/usr/bin/env bash
# The demonstration: a simulated cloud and `calipso all` on embedded defaults, in the background.
#   demo.sh start   (again) start both, register the cloud, scan it
#   demo.sh stop    end both
set -euo pipefail
cd "$(dirname "$0")/.."
state=$PWD/.demo
export CALIPSO_DATA=$state/data
export CALIPSO_LISTEN=${CALIPSO_LISTEN:-127.0.0.1:8000}

stop() {
    local name pid
    for name in calipso lab; do
        pid=$(cat "$state/$name.pid" 2>/dev/null) || continue
        # The process must still be ours: pids are used again. Its program may have been built anew since.
        if [[ "$(readlink "/proc/$pid/exe")" =~ ^"$PWD/bin/$name"( \(deleted\))?$ ]]; then
            kill "$pid"
            while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
        fi
        rm -f "$state/$name.pid"
    done
}

# wait_for WHAT COMMAND...: until the command succeeds
wait_for() {
    local what=$1 i
    shift
    for i in $(seq 150); do
        ! "$@" >/dev/null 2>&1 || return 0
        sleep 0.1
    done
    echo "demo: $what does not come up; see $state/*.log" >&2
    exit 1
}

# launch NAME ARGUMENTS...: bin/NAME in the background
launch() {
    local name=$1
    shift
    setsid "bin/$name" "$@" >"$state/$name.log" 2>&1 </dev/null &
    echo $! >"$state/$name.pid"
}

# first KEY: the first text of this key in the JSON of the input, all of which is read: who writes it must not meet a closed pipe
first() {
    grep -o "\"$1\": *\"[^\"]*\"" | sed -n 1p | cut -d'"' -f4
}

stop
[ "${1:-start}" = start ] || exit 0
rm -rf "$state"
mkdir -p "$state/environments"

echo "== starting a simulated cloud"
launch lab --environments 1 --hosts 6 --instances 24 --write-config "$state/environments"
wait_for "the simulated cloud" grep -q "^ready" "$state/lab.log"

echo "== starting calipso (embedded store, embedded Redis)"
launch calipso all
wait_for calipso grep -q "API is ready" "$state/calipso.log"

for file in "$state"/environments/*.json; do
    bin/calipso env add -f "$file"
done
environment=$(bin/calipso env list -o json | first name)
echo "== scanning $environment"
bin/calipso scan -e "$environment" || [ $? = 1 ]

instance=$(bin/calipso get instance -e "$environment" -o json | first id)
echo "== the whole path of one instance: calipso graph $instance"
bin/calipso graph "$instance" -e "$environment"
cat <<END

== Calipso is running; look around with

   export CALIPSO_DATA=$CALIPSO_DATA
   bin/calipso tree -e $environment
   bin/calipso get instance -e $environment
   bin/calipso graph $instance -e $environment
   curl -u admin:$(grep -o 'with the password .*' "$state/calipso.log" | cut -d' ' -f4) "http://$CALIPSO_LISTEN/inventory?env_name=$environment&type=host"
   http://$CALIPSO_LISTEN/          the monitor, in a browser (same user and password)
   http://$CALIPSO_LISTEN/docs      the API's pages: what can be asked, and how

   make demo-stop ends it.
END
