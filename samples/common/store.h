// SPDX-License-Identifier: MIT
#pragma once

#include "resp.h"

#include <iocp/iocp.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

using Words = std::vector<std::string_view>;

// The keys and their values, for the clients of all workers. A lock that is held for a moment and never across a
// co_await is all that this needs.
class Store {
public:
    // The reply to a command, in RESP.
    [[nodiscard]] std::string Answer(const Words& words);

private:
    using List = std::deque<std::string>;
    struct Entry {
        std::variant<std::string, List> value;
        std::optional<std::chrono::steady_clock::time_point> expires;
    };
    struct Command {
        std::string_view name;
        std::size_t least_words;
        std::string (Store::*run)(const Words&);
    };
    static const Command kCommands[];

    // The living entry of a key.
    Entry* Find(std::string_view key) {
        const auto found = entries_.find(std::string(key));
        if (found == entries_.end()) return nullptr;
        if (!found->second.expires || *found->second.expires > iocp::Now()) return &found->second;
        entries_.erase(found);
        return nullptr;
    }
    template <class T>
    T* FindAs(std::string_view key) {
        Entry* entry = Find(key);
        return entry != nullptr ? std::get_if<T>(&entry->value) : nullptr;
    }
    bool IsOther(std::string_view key, std::size_t type) {
        const Entry* entry = Find(key);
        return entry != nullptr && entry->value.index() != type;
    }

    std::string Ping(const Words& w) { return w.size() > 1 ? Bulk(w[1]) : Simple("PONG"); }
    std::string Echo(const Words& w) { return Bulk(w[1]); }
    std::string Hello(const Words& w) {
        if (w.size() > 1 && w[1] != "2") return "-NOPROTO this server speaks RESP 2\r\n";
        return Array({"server", "resp_store", "version", "1.0", "proto", "2"});
    }
    std::string Info(const Words&) { return Bulk("# Keyspace\r\nkeys:" + std::to_string(entries_.size()) + "\r\n"); }
    std::string Commands(const Words&) { return Array({}); }
    std::string Config(const Words& w) { return w.size() > 2 ? Array({std::string(w[2]), ""}) : Simple("OK"); }
    std::string Quit(const Words&) { return Simple("OK"); }

    std::string Set(const Words& w) {
        entries_[std::string(w[1])] = {std::string(w[2]), std::nullopt};
        return Simple("OK");
    }
    std::string MSet(const Words& w) {
        if (w.size() % 2 == 0) return Error("wrong number of arguments for 'MSET'");
        for (std::size_t i = 1; i < w.size(); i += 2)
            entries_[std::string(w[i])] = {std::string(w[i + 1]), {}};
        return Simple("OK");
    }
    std::string Get(const Words& w) {
        if (IsOther(w[1], 0)) return WrongType();
        const auto* text = FindAs<std::string>(w[1]);
        return text != nullptr ? Bulk(*text) : Nothing();
    }
    std::string Del(const Words& w) {
        long long count = 0;
        for (std::size_t i = 1; i < w.size(); ++i)
            if (Find(w[i]) != nullptr) count += static_cast<long long>(entries_.erase(std::string(w[i])));
        return Integer(count);
    }
    std::string Incr(const Words& w) {
        if (IsOther(w[1], 0)) return WrongType();
        auto* text = FindAs<std::string>(w[1]);
        const auto number = text != nullptr ? ParseInteger(*text) : 0;
        if (!number || *number == INT64_MAX) return Error("value is not an integer or out of range");
        if (text == nullptr) text = &std::get<std::string>(entries_[std::string(w[1])].value);
        *text = std::to_string(*number + 1);
        return Integer(*number + 1);
    }
    std::string LPush(const Words& w) {
        if (IsOther(w[1], 1)) return WrongType();
        auto* list = FindAs<List>(w[1]);
        if (list == nullptr) list = &entries_[std::string(w[1])].value.emplace<List>();
        for (std::size_t i = 2; i < w.size(); ++i)
            list->emplace_front(w[i]);
        return Integer(static_cast<long long>(list->size()));
    }
    std::string LRange(const Words& w) {
        if (IsOther(w[1], 1)) return WrongType();
        const auto first = ParseInteger(w[2]);
        const auto last = ParseInteger(w[3]);
        if (!first || !last) return Error("value is not an integer or out of range");
        const auto* list = FindAs<List>(w[1]);
        const auto size = list != nullptr ? static_cast<long long>(list->size()) : 0;
        const auto begin = std::max(0LL, *first < 0 ? *first + size : *first);
        const auto end = std::min(size, (*last < 0 ? *last + size : *last) + 1);
        if (begin >= end) return Array({});
        return Array({list->begin() + begin, list->begin() + end});
    }
    std::string Expire(const Words& w) {
        const auto seconds = ParseInteger(w[2]);
        if (!seconds) return Error("value is not an integer or out of range");
        Entry* entry = Find(w[1]);
        if (entry == nullptr) return Integer(0);
        entry->expires = iocp::Now() + std::chrono::seconds(std::clamp(*seconds, 0LL, 1'000'000'000LL));
        return Integer(1);
    }

    std::mutex mutex_;
    std::unordered_map<std::string, Entry> entries_;
};
