# Sourced before the tests: installs and starts the servers that they need, and says where these are. What is running
# already is used as it is. CALIPSO_TEST_MONGO_URI names another MongoDB to test against.
here=$(cd integration && pwd)
. integration/redis.sh
install gcc gcc libc6-dev # for the race detector
[ -x /usr/sbin/slapd ] || install slapd slapd # an LDAP directory; tests start servers of their own

# Tests start redis-servers of their own; the MongoDB-compatible server is shared, each test has its own database in it.
if [ -z "${CALIPSO_TEST_MONGO_URI:-}" ]; then
    if CALIPSO_TEST_MONGO_URI=$($sudo env "PATH=$PATH" "$here/mongodb/up"); then
        export CALIPSO_TEST_MONGO_URI
    else
        echo "NOTE: no MongoDB-compatible server could be started here, so the tests of that driver are skipped;" >&2
        echo "NOTE: set CALIPSO_TEST_MONGO_URI to a server to run them." >&2
        unset CALIPSO_TEST_MONGO_URI
    fi
fi
