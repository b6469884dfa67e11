# Sourced before the tests against a real OpenStack: brings up the lab of integration/openstack, and says where it is.
# CALIPSO_OPENSTACK_LAB names the env.json of one that runs already.
if [ -z "${CALIPSO_OPENSTACK_LAB:-}" ]; then
    sudo=$([ "$(id -u)" = 0 ] || echo sudo)
    $sudo integration/openstack/up >/dev/null || exit 1
    CALIPSO_OPENSTACK_LAB=${LAB_STATE:-/var/tmp/calipso-lab}/env.json
fi
export CALIPSO_OPENSTACK_LAB
