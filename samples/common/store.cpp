// SPDX-License-Identifier: MIT
#include "store.h"

const Store::Command Store::kCommands[] = {
    {"PING", 1, &Store::Ping},        {"ECHO", 2, &Store::Echo},     {"SET", 3, &Store::Set},
    {"GET", 2, &Store::Get},          {"DEL", 2, &Store::Del},       {"INCR", 2, &Store::Incr},
    {"MSET", 3, &Store::MSet},        {"LPUSH", 3, &Store::LPush},   {"LRANGE", 4, &Store::LRange},
    {"EXPIRE", 3, &Store::Expire},    {"HELLO", 1, &Store::Hello},   {"INFO", 1, &Store::Info},
    {"COMMAND", 1, &Store::Commands}, {"CONFIG", 2, &Store::Config}, {"QUIT", 1, &Store::Quit},
};

std::string Store::Answer(const Words& words) {
    const std::string name = Upper(words[0]);
    for (const Command& command : kCommands) {
        if (command.name != name) continue;
        if (words.size() < command.least_words) return Error("wrong number of arguments for '" + name + "'");
        const std::lock_guard lock(mutex_);
        return (this->*command.run)(words);
    }
    return Error("unknown command '" + std::string(words[0]) + "'");
}
