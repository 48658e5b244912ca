#!/usr/bin/env bash
# Sees to it that what a command needs is there, before Node of the right version is. Says first what it will download.
#   preflight.sh run    what the platform needs: npm packages without those of development, Java, Maven
#   preflight.sh test   all npm packages, Java, Maven, the engines' jars
#   preflight.sh mongo  what `none` does, and MongoDB's shell
#   preflight.sh mongod what `run` does, and what fetches MongoDB's own server
#   preflight.sh none   fetches nothing: says so when there is nothing to look at yet
# A second run finds all of it in place and takes a fraction of a second.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

mode=${1:?preflight.sh run|test|mongo|mongod|none}
here=infra/platform
least_node=20
least_java=17
least_memory_mb=3700 # what a machine sold as 4 GB has
run_disk_mb=4000
test_disk_mb=5000

say() { printf '%s\n' "$*"; }
fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

# The machine's own Node, not the one that npm puts under node_modules.
system_path=${PATH//"$PWD/node_modules/.bin:"/}

check_node() {
  local advice="On Debian: apt-get install -y npm && npm install -g node@24 && hash -r
On macOS: brew install node"
  PATH=$system_path has node || fail "Node.js $least_node or newer is needed, and there is none.
$advice"
  local version
  version=$(PATH=$system_path node --version)
  local major=${version#v}
  major=${major%%.*}
  [ "$major" -ge "$least_node" ] || fail "Node.js $least_node or newer is needed; this is $version ($(PATH=$system_path command -v node)).
$advice"
  PATH=$system_path has npm || fail "npm is needed, and there is none.
$advice"
}

check_machine() {
  local needed_mb=$1 free_mb memory_mb
  free_mb=$(df -Pm . | awk 'NR == 2 { print $4 }')
  [ "$free_mb" -ge "$needed_mb" ] || fail "$needed_mb MB of disk are needed in $PWD, and $free_mb MB are free."
  if [ -r /proc/meminfo ]; then
    memory_mb=$(awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo)
  else
    memory_mb=$(($(sysctl -n hw.memsize) / 1048576))
  fi
  [ "$memory_mb" -ge "$least_memory_mb" ] || fail "4 GB of memory are needed, and this machine has $memory_mb MB."
}

missing_packages() { PATH=$system_path node $here/missing-packages.mjs "$1"; }

install_packages() {
  local missing
  missing=$(missing_packages "$1")
  [ "$missing" -gt 0 ] || return 0
  check_machine $([ "$1" = test ] && say $test_disk_mb || say $run_disk_mb)
  local omit=--omit=dev size='about 220 MB, 760 MB on disk'
  if [ "$1" = test ]; then
    omit=--include=dev size='about 290 MB, 930 MB on disk'
  elif [ -d node_modules ] && [ -d node_modules/jest ]; then
    omit=--include=dev # Those of development are there and stay.
  fi
  say "Downloading npm packages ($size): $missing are missing; the ClickHouse engine and Node 24 are most of it."
  # Not `npm ci`: it takes node_modules away first, which must not happen under a running platform, and it refuses the
  # whole lock file for an optional package of another kind of machine that the lock file lacks.
  PATH=$system_path npm install --no-save $omit --loglevel=error --no-audit --no-fund ||
    fail "npm could not install the packages; its reason stands above."
}

# npm may be told not to run install scripts; the node package brings its program by one.
check_node24() {
  local wanted
  wanted=v$(PATH=$system_path node -p "require('./package.json').dependencies.node")
  [ "$(node_modules/node/bin/node --version 2>/dev/null)" = "$wanted" ] && return 0
  say "Downloading Node $wanted (45 MB)"
  (cd node_modules/node && PATH=$system_path node installArchSpecificPackage.js >/dev/null) || true
  [ "$(node_modules/node/bin/node --version 2>/dev/null)" = "$wanted" ] ||
    fail "Node $wanted did not arrive in node_modules/node. Does npm forbid install scripts (npm config get ignore-scripts)?"
}

# The lock file may lack the engine's library for a kind of machine that it was not written on.
check_clickhouse_engine() {
  local library
  library=$(PATH=$system_path node -p "
    const wanted = 'lib-' + process.platform + '-' + process.arch;
    const { optionalDependencies } = require('./node_modules/chdb/package.json');
    const found = Object.entries(optionalDependencies).find(([name]) => name.split('/')[1].startsWith(wanted));
    found ? found.join('@') : ''")
  [ -n "$library" ] || fail "There is no ClickHouse engine for this machine ($(uname -sm)): use ENGINES=external."
  [ -d "node_modules/${library%@*}" ] && return 0
  say "Downloading the ClickHouse engine for $(uname -sm): $library (about 150 MB)"
  PATH=$system_path npm install --no-save --loglevel=error --no-audit --no-fund "$library" ||
    fail "The ClickHouse engine for $(uname -sm) cannot be installed: use ENGINES=external."
}

java_major() {
  local java=java
  [ -n "${JAVA_HOME:-}" ] && java=$JAVA_HOME/bin/java
  "$java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -1
}

check_java() {
  local needed=() major
  major=$(java_major || true)
  if [ "${major:-0}" -lt "$least_java" ] || ! has_javac; then needed+=(openjdk-17-jdk-headless); fi
  has mvn || needed+=(maven)
  [ ${#needed[@]} -gt 0 ] || return 0
  if has apt-get && [ "$(id -u)" = 0 ]; then
    say "Downloading Debian packages (about 200 MB, 450 MB on disk): ${needed[*]}"
    export DEBIAN_FRONTEND=noninteractive
    { apt-get -qq update && apt-get -qq install -y --no-install-recommends "${needed[@]}"; } >/dev/null ||
      fail "apt-get could not install ${needed[*]}; its reason stands above."
  elif has apt-get; then
    fail "Java $least_java or newer (a JDK) and Maven are needed: sudo apt-get install -y ${needed[*]}"
  elif [ "$(uname -s)" = Darwin ]; then
    fail "Java $least_java or newer and Maven are needed: brew install openjdk@17 maven, and set JAVA_HOME"
  else
    fail "Java $least_java or newer (a JDK, with javac) and Maven (mvn) are needed: install them with this system's packages"
  fi
}

has_javac() { if [ -n "${JAVA_HOME:-}" ]; then [ -x "$JAVA_HOME/bin/javac" ]; else has javac; fi; }

# From the environment, or from .env.
setting() {
  local name=$1 value=${!1:-}
  [ -n "$value" ] || value=$(sed -n "s/^$name=//p" .env 2>/dev/null | tail -1 | tr -d "\"'")
  say "${value:-$2}"
}

check_node
case $mode in
  run | mongod)
    install_packages run
    check_node24
    if [ "$mode" = mongod ]; then
      server=infra/mongo/server
      [ -d $server/node_modules/mongodb-memory-server-core ] && [ $server/node_modules/.package-lock.json -nt $server/package-lock.json ] || {
        say "Downloading what fetches MongoDB's server (18 MB on disk)"
        (cd $server && PATH=$system_path npm install --no-save --ignore-scripts --loglevel=error --no-audit --no-fund) ||
          fail "npm could not install mongodb-memory-server-core; its reason stands above."
      }
      exit 0
    fi
    if [ "$(setting ENGINES embedded)" = embedded ]; then
      check_clickhouse_engine
      check_java
    fi
    ;;
  test)
    install_packages test
    check_node24
    check_clickhouse_engine
    check_java
    ENGINES=embedded node_modules/node/bin/node --disable-warning=ExperimentalWarning $here/commands/download.ts
    ;;
  none | mongo)
    if [ "$(missing_packages run)" -gt 0 ]; then
      say "Nothing is installed here yet, so nothing runs: \`make up\` or \`make demo\` does both."
      exit 1
    fi
    if [ "$mode" = mongo ]; then
      shell=infra/mongo/shell
      [ -x $shell/node_modules/.bin/mongosh ] && [ $shell/node_modules/.package-lock.json -nt $shell/package-lock.json ] || {
        say "Downloading MongoDB's shell (mongosh, 154 MB on disk)"
        (cd $shell && PATH=$system_path npm install --no-save --ignore-scripts --loglevel=error --no-audit --no-fund) ||
          fail "npm could not install mongosh; its reason stands above."
      }
    fi
    ;;
  *) fail "preflight.sh run|test|mongo|mongod|none" ;;
esac
