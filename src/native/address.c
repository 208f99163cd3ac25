#include "address.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

bool address_fill(struct address *to, bool is_unix, const uint8_t *bytes, size_t length, int port) {
    memset(to, 0, sizeof *to);
    if (is_unix) {
        struct sockaddr_un *name = (struct sockaddr_un *)&to->storage;
        if (length == 0 || length > sizeof name->sun_path) return false;
        name->sun_family = AF_UNIX;
        memcpy(name->sun_path, bytes, length);
        to->size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
        // A path ends with a zero where there is room; an abstract name has its length only.
        if (bytes[0] != 0 && length < sizeof name->sun_path) to->size++;
        return true;
    }
    if (length == 4) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)&to->storage;
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)port);
        memcpy(&v4->sin_addr, bytes, 4);
        to->size = sizeof *v4;
        return true;
    }
    if (length != 16) return false;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&to->storage;
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons((uint16_t)port);
    memcpy(&v6->sin6_addr, bytes, 16);
    to->size = sizeof *v6;
    return true;
}

void address_write(const struct address *from, int32_t *words) {
    memset(words, 0, ADDRESS_WORDS * sizeof *words);
    if (from->storage.ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)&from->storage;
        words[0] = 4;
        words[1] = ntohs(v4->sin_port);
        memcpy(&words[2], &v4->sin_addr, 4);
    } else if (from->storage.ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&from->storage;
        words[0] = 6;
        words[1] = ntohs(v6->sin6_port);
        memcpy(&words[2], &v6->sin6_addr, 16);
    }
}
