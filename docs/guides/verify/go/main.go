// Verifies an access token of Countersign, read from standard input, under the published keys of its issuer, and prints its scopes.
// RFC 9068, section 4; RFC 8725.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
)

// keysKeptFor is the max-age of Countersign's key set by default. The library does not read it from the answer.
const keysKeptFor = 10 * time.Minute

type claims struct {
	jwt.RegisteredClaims
	Scope string `json:"scope"`
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "refused:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("give ISSUER and AUDIENCE, and the token on standard input")
	}
	issuer, audience := args[0], args[1]
	token, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	// Once in the life of a service: it keeps the keys, and fetches them again in the background.
	url := strings.TrimSuffix(issuer, "/") + "/jwks.json"
	keys, err := keyfunc.NewDefaultOverrideCtx(context.Background(), []string{url}, keyfunc.Override{RefreshInterval: keysKeptFor})
	if err != nil {
		return err
	}
	verified, err := verify(keys, issuer, audience, strings.TrimSpace(string(token)))
	if err != nil {
		return err
	}
	fmt.Println(verified.Scope)
	return nil
}

// verify checks signature, algorithm, issuer, audience, times and type.
func verify(keys keyfunc.Keyfunc, issuer, audience, text string) (*claims, error) {
	said := new(claims)
	token, err := jwt.ParseWithClaims(text, said, keys.Keyfunc,
		jwt.WithValidMethods([]string{"RS256"}),
		jwt.WithIssuer(issuer),
		jwt.WithAudience(audience),
		jwt.WithExpirationRequired())
	if err != nil {
		return nil, err
	}
	if typ, _ := token.Header["typ"].(string); !strings.EqualFold(typ, "at+jwt") {
		return nil, fmt.Errorf("no access token: its type is %q", typ)
	}
	return said, nil
}
