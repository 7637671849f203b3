# SPDX-License-Identifier: MIT
# For bash scripts that prepare this machine and build: sourced, not run. Needs nothing but what Debian always has.

fail() {
    printf '\n%s\n' "$*" >&2
    exit 1
}

# Reads the output of apt-get, ninja or ctest and shows how far it is, each 20 % as it is reached, on the line that the
# caller began. Everything goes to the file `log`.
show_progress() {
    local log=$1 line label='' shown=0 percent new
    while IFS= read -r line; do
        printf '%s\n' "$line" >>"$log"
        new=''
        if [[ $line =~ ^dlstatus:[^:]*:([0-9]+) ]]; then
            new=download percent=${BASH_REMATCH[1]}
        elif [[ $line =~ ^pmstatus:[^:]*:([0-9]+) ]]; then
            new=install percent=${BASH_REMATCH[1]}
        elif [[ $line =~ ^\[([0-9]+)/([0-9]+)\] ]]; then
            new=build percent=$((100 * BASH_REMATCH[1] / BASH_REMATCH[2]))
        elif [[ $line =~ ^\ *([0-9]+)/([0-9]+)\ Test ]]; then
            new=test percent=$((100 * BASH_REMATCH[1] / BASH_REMATCH[2]))
        fi
        [ -n "$new" ] || continue
        if [ "$new" != "$label" ]; then
            label=$new shown=0
            printf ' %s' "$label"
        fi
        while [ $((shown + 20)) -le "$percent" ]; do
            shown=$((shown + 20))
            printf ' %s%%' "$shown"
        done
    done
}

# run_with_progress LOG COMMAND...: yields the command's exit code.
run_with_progress() {
    local log=$1
    shift
    mkdir -p "$(dirname "$log")"
    : >"$log"
    "$@" 2>&1 </dev/null | show_progress "$log"
    return "${PIPESTATUS[0]}"
}

# install_packages PACKAGE...: installs those that are missing; as root, or by sudo.
install_packages() {
    local package missing=() sudo=() log=build/logs/install.log begin=$SECONDS
    if ! command -v apt-get >/dev/null; then
        printf 'No apt-get here, so install these yourself if they are missing: %s\n' "$*"
        return
    fi
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    if [ ${#missing[@]} = 0 ]; then
        printf 'Packages: everything is here.\n'
        return
    fi
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || fail "Please install these as root, and try again: apt-get install ${missing[*]}"
        sudo=(sudo)
        sudo -v || fail "Without root's permission these can't be installed: ${missing[*]}"
    fi

    printf 'Packages to install: %s\n ' "${missing[*]}"
    local apt=("${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300)
    printf ' package lists,'
    run_with_progress "$log" "${apt[@]}" update || fail "apt-get update failed: $(tail -n 5 "$log")"
    run_with_progress "$log" "${apt[@]}" -o APT::Status-Fd=1 install --no-install-recommends "${missing[@]}" ||
        fail "apt-get install failed: $(grep -v '^[dp][lm]status' "$log" | tail -n 10)"
    printf ' (%s s)\n' "$((SECONDS - begin))"
}
