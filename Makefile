# make demo   build, start a simulated cloud and Calipso, scan the cloud, say where to look
# make test   install what the tests need, and pass all that needs no OpenStack
# make fleet  scan a fleet of 60 simulated clouds with several workers, and check what comes out
# The rest is for contributors: see docs/contributing.md.

GO          ?= go
STATICCHECK  = $(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOTESTSUM    = $(GO) run gotest.tools/gotestsum@v1.13.0
VERSION     := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS      = -s -w -X calipso.io/calipso/pkg/app.Version=$(VERSION)

# SQLite is C that was translated into Go, and Blowfish hashes passwords: watching their own memory makes them ten times
# slower and is not about this project.
RACE         = -race '-gcflags=modernc.org/...=-race=false' '-gcflags=golang.org/x/crypto/blowfish=-race=false'

# A machine for tests has memory to spare: with more of it, a fifth of the work is not done.
TESTING      = CALIPSO_OPENSTACK_LAB= GOGC=400
TEST         = $(RACE) -parallel 4 -timeout 60m

# Tests run real servers and processes, and a machine that is shared may stand still for half a minute: what fails is tried
# once more, alone, and the output has both. Not after a data race, a panic or ten failures.
TWICE        = $(GOTESTSUM) --format standard-quiet --rerun-fails=1 --rerun-fails-run-root-test --rerun-fails-abort-on-data-race

.PHONY: build demo demo-stop fleet test test-recovery test-variances test-openstack deployments-check lint fuzz-api bench bench-api bench-events bench-events-load bench-fleet fuzz clean

build:
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/ . ./integration/lab/cmd/lab

demo: build
	integration/demo.sh start

demo-stop:
	integration/demo.sh stop

# FLEET has flags: make fleet FLEET='-environments 12 -workers 2 -seed 7'
fleet: build
	. integration/redis.sh && $(GO) run ./integration/fleet $(FLEET)

# integration runs alone, since it uses the machine up.
test: test-variances
	. integration/servers.sh && $(TESTING) $(TWICE) --packages "$$($(GO) list ./... | grep -v '/integration$$' | xargs)" -- $(TEST) && \
		$(TESTING) $(TWICE) --packages ./integration -- $(TEST) -skip '^TestVariances$$'
	$(GO) test -C deployments/prometheus ./...

# Scans of 100 hosts that are disturbed in all kinds of ways; a table says what it cost. make test does it with a small cloud.
test-recovery:
	. integration/servers.sh && CALIPSO_FULL=1 $(GO) test -v -count=1 -timeout 30m -run '^TestRecovery$$' ./integration

# A small cloud of each of the 60 kinds is simulated and scanned; a table says what was found. Some of them:
# make test-variances VARIANCES=Mirantis
test-variances:
	cd integration && $(GO) test -count=1 -timeout 20m -run '^TestVariances$$/$(VARIANCES)'

# The lab of integration/openstack is brought up, unless CALIPSO_OPENSTACK_LAB names the env.json of one that runs.
# One package after the other: some change the cloud, or stop the SSH server of a host, while others compare with it.
test-openstack: build
	. integration/openstack.sh && $(TWICE) --packages './integration/... ./pkg/conn/... ./pkg/discover/... ./pkg/event/... ./pkg/probe' -- \
		$(RACE) -p 1 -count=1 -timeout 40m -run 'OpenStack|Real|Lab'

# Twenty rounds of changes in the lab's cloud, and ten with workers that are killed; says how long after their notifications
# events were handled, and what a full scan finds otherwise. make test-openstack does it with one round each.
CHURN ?= 20
bench-events: build
	. integration/openstack.sh && CALIPSO_CHURN=$(CHURN) $(GO) test -v -count=1 -timeout 90m -run '^TestOpenStackFollowsChurn$$' ./integration

# 1,000 notifications a second for a minute, by a RabbitMQ of its own, of a simulated cloud.
bench-events-load: build
	. integration/servers.sh && CALIPSO_EVENTS_LOAD=60 $(GO) test -v -count=1 -timeout 20m -run '^TestManyNotifications$$' ./integration

# The files of deployments, with the libraries of the tools that read them: a module of its own.
deployments-check:
	cd deployments/check && $(GO) vet . && $(GO) test -count=1 .

lint:
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$unformatted" ] || { echo "not gofmt-clean: $$unformatted"; exit 1; }
	$(GO) vet ./...
	$(GO) vet -C deployments/prometheus ./...
	$(GO) vet -C integration/provider .
	$(STATICCHECK) ./...

bench: build
	. integration/servers.sh && $(GO) run ./integration/bench

# Reading over the API: 100,000 objects, 50 clients; about a quarter of an hour. Less: make bench-api BENCH='-each 2s -soak 0'
bench-api:
	. integration/servers.sh && $(GO) run ./integration/bench api $(BENCH)

# About fifteen minutes on an idle machine; less: make bench-fleet FLEET='-environments 12 -workers 1,2'
bench-fleet: build
	. integration/redis.sh && $(GO) run ./integration/fleet bench $(FLEET)

# Requests made by chance of the API's document, so many for each store.
API_FUZZ ?= 10000
fuzz-api:
	. integration/servers.sh && CALIPSO_API_FUZZ=$(API_FUZZ) $(GO) test -v -count=1 -timeout 30m -run '^TestFuzz$$' ./api

# Each parser for FUZZTIME; a failure leaves its input in testdata/fuzz.
FUZZTIME ?= 60s
fuzz:
	integration/fuzz.sh $(FUZZTIME)

clean:
	rm -rf bin
