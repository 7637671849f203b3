// SPDX-License-Identifier: MIT
#include "support/platform.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace iocp_test {

std::vector<iocp::EngineKind> ForeignEngines() { return {iocp::EngineKind::Iocp}; }

int ConnectionRefusedCode() { return ECONNREFUSED; }

int BadAddressCode() { return EFAULT; }

void MakeSendBufferSmall(iocp::SocketHandle socket) {
    const int bytes = 1;  // the least that there may be
    setsockopt(static_cast<int>(socket), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

void RaiseTermination() { std::raise(SIGTERM); }

std::size_t OpenDescriptors() {
    const auto count = std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
    return static_cast<std::size_t>(count);
}

std::size_t InheritableDescriptors() {
    const auto stays_open = [](const std::filesystem::directory_entry& entry) {
        const int flags = fcntl(std::stoi(entry.path().filename()), F_GETFD);
        return flags >= 0 && (flags & FD_CLOEXEC) == 0;
    };
    const auto count = std::count_if(std::filesystem::directory_iterator("/proc/self/fd"), {}, stays_open);
    return static_cast<std::size_t>(count);
}

std::size_t ResidentBytes() {
    std::ifstream file("/proc/self/statm");  // pages: proc_pid_statm(5)
    std::size_t size = 0, resident = 0;
    file >> size >> resident;
    return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

std::size_t LateDescriptors() { return 0; }

}  // namespace iocp_test
