// SPDX-License-Identifier: MIT
// Clients of an echo server, in numbers, for a check by hand: prints one line of figures and exits with 0, or tells the
// first thing that is wrong and exits with 1.
#include "load.h"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

namespace {

struct Command {
    std::string_view name;
    void (*run)(const load::Target& target, const load::Arguments& arguments);
};

constexpr std::array<Command, 7> kCommands{{
    {"hold", &load::Hold},
    {"stream", &load::Stream},
    {"churn", &load::Churn},
    {"full", &load::Full},
    {"ping", &load::Ping},
    {"datagrams", &load::Datagrams},
    {"strays", &load::Strays},
}};

constexpr const char* kUsage =
    "usage: peers COMMAND ADDRESS:PORT [number...]\n"
    "  hold CLIENTS [steps [SOURCES]]\n"
    "                            all connected at once; steps: goes on at a line on standard input; from so many\n"
    "                            addresses of 127.0.0.0/8\n"
    "  stream BYTES CLIENTS      that many bytes in all, both ways at once\n"
    "  churn CYCLES AT_ONCE      connect, echo, close\n"
    "  full CLIENTS SECONDS      more clients than the server can hold\n"
    "  ping CLIENTS SECONDS      how long each of many waits for an answer, ten times a second\n"
    "  datagrams LARGEST STEP    one of each size\n"
    "  strays COUNT              datagrams whose answers find a closed port\n";

}  // namespace

int main(int count, char** texts) {
    const load::Arguments words(texts, texts + count);
    const auto command = std::ranges::find(kCommands, count > 2 ? words[1] : std::string(), &Command::name);
    if (command == kCommands.end()) {
        std::fputs(kUsage, stderr);
        return 2;
    }
    rlimit descriptors{};
    getrlimit(RLIMIT_NOFILE, &descriptors);
    descriptors.rlim_cur = descriptors.rlim_max;
    setrlimit(RLIMIT_NOFILE, &descriptors);

    command->run(load::Target(words[2]), load::Arguments(words.begin() + 3, words.end()));
}
