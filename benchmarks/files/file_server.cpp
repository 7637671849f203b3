// SPDX-License-Identifier: MIT
// Sends one file to whoever asks, in the way that the client names: "file" by SendFile, "read" by reading it piece by
// piece and Send, "memory" by Send of a copy that is in memory already.
#include "../../samples/common/arguments.h"
#include "../../samples/common/server_options.h"

#include <iocp/file.h>
#include <iocp/iocp.h>

#include <cstddef>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

constexpr std::size_t kPiece = std::size_t{64} << 10;  // bytes that are read at a time
constexpr std::size_t kLongestName = 16;

class FileProtocol final : public IOCP_Protocol {
public:
    FileProtocol(std::string path, iocp::File file)
        : path_(std::move(path)), file_(std::move(file)), copy_(ReadAll(path_)) {}

private:
    static std::vector<char> ReadAll(const std::string& path) {
        std::ifstream in(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    iocp::Task<> ProcedureClient(IOCP_Client& client) override {
        const auto way = co_await client.RecvLine(kLongestName);
        const std::string name(way.Text());
        if (name == "file") {
            co_await client.SendFile(file_);
        } else if (name == "memory") {
            co_await client.Send({copy_.data(), copy_.size()});
        } else if (name == "read") {
            co_await SendPieces(client);
        }
    }

    iocp::Task<> SendPieces(IOCP_Client& client) const {
        std::ifstream in(path_, std::ios::binary);
        std::vector<char> piece(kPiece);
        for (bool sent = true; sent && in;) {
            in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
            const auto size = static_cast<std::size_t>(in.gcount());
            const iocp::Result result = co_await client.Send({piece.data(), size});
            sent = static_cast<bool>(result);
        }
    }

    const std::string path_;
    const iocp::File file_;
    const std::vector<char> copy_;
};

}  // namespace

int main(int count, char** values) {
    ServerOptions options;
    std::string path;
    Arguments arguments("file_server", "Sends one file in the way that the client names: file, read or memory.");
    options.AddTo(arguments);
    arguments.Add("--file PATH", "what to send", Text(path));
    if (const auto exit_code = arguments.Read(count, values)) return *exit_code;

    auto file = iocp::File::Open(path);
    if (!file) {
        std::cerr << path << ": " << file.Message() << '\n';
        return 1;
    }
    const auto files = std::make_shared<FileProtocol>(path, std::move(*file));
    IOCP_CORE server({{options.port, 1, files, iocp::Transport::Tcp, options.address}}, options.core);
    return RunUntilCtrlC(server, options.workers) ? 0 : 1;
}
