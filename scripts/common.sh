# Sourced by the scripts beside it: the root of the checkout, one way to fail, a quiet dotnet.
# shellcheck shell=bash
# shellcheck disable=SC2034  # used by the scripts that source this
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
# A build server that outlives the command would keep a pipe's reader (CI, `| tee`) waiting.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "$*"; exit 2; }

# quietly LOG COMMAND…: runs it without input, its output kept in LOG, its end shown only when it fails.
quietly() {
    local log=$1 status=0
    shift
    "$@" >"$log" 2>&1 </dev/null || status=$?
    if ((status != 0)); then tail -n 20 "$log" >&2; fi
    return "$status"
}

need_dotnet() {
    command -v dotnet >/dev/null || die "the .NET 10 SDK is missing: install it (https://dotnet.microsoft.com/download/dotnet/10.0), then run this again"
}
