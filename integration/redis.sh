# Sourced by what starts redis-servers: installs redis-server unless it is there.
sudo=$([ "$(id -u)" = 0 ] || echo sudo)

# install COMMAND PACKAGE...: the packages, unless the command is there.
install() {
    local command=$1
    shift
    command -v "$command" >/dev/null && return
    echo "installing $*" >&2
    $sudo apt-get update -q >/dev/null
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >/dev/null
}
install redis-server redis-server
