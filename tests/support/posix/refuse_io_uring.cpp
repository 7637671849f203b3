// SPDX-License-Identifier: MIT
// Runs a command in a world where the kernel refuses io_uring, as in most containers:
//   refuse_io_uring EPERM|ENOSYS|ENOMEM command [argument...]
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <string_view>

namespace {

// The same on every architecture that has io_uring.
constexpr unsigned kIoUringSetup = 425;
constexpr unsigned kIoUringRegister = 427;

bool RefuseIoUring(unsigned code) {
    const unsigned refusal = SECCOMP_RET_ERRNO | code;
    std::array<sock_filter, 5> program{{
        {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
        {BPF_JMP | BPF_JGE | BPF_K, 0, 1, kIoUringSetup},
        {BPF_JMP | BPF_JGT | BPF_K, 0, 1, kIoUringRegister},
        {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
        {BPF_RET | BPF_K, 0, 0, refusal},
    }};
    const sock_fprog filter{program.size(), program.data()};
    // Without new privileges any user may install a filter.
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

// 0: not one that a kernel refuses io_uring with.
int CodeOf(std::string_view refusal) {
    if (refusal == "EPERM") return EPERM;
    if (refusal == "ENOSYS") return ENOSYS;
    return refusal == "ENOMEM" ? ENOMEM : 0;
}

int Fail(const char* what) {
    std::fprintf(stderr, "refuse_io_uring: %s: %s\n", what, std::strerror(errno));
    return 126;
}

}  // namespace

int main(int count, char** arguments) {
    const int code = count > 2 ? CodeOf(arguments[1]) : 0;
    if (code == 0) {
        std::fprintf(stderr, "usage: refuse_io_uring EPERM|ENOSYS|ENOMEM command [argument...]\n");
        return 2;
    }
    if (!RefuseIoUring(static_cast<unsigned>(code))) return Fail("no seccomp filter");
    execvp(arguments[2], arguments + 2);
    return Fail(arguments[2]);
}
