import static java.nio.charset.StandardCharsets.UTF_8;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import java.net.URI;
import java.util.Set;

/**
 * Verifies an access token of Countersign, read from standard input, under the published keys of its issuer, and prints its scopes.
 * RFC 9068, section 4; RFC 8725.
 */
public class Verify {
    public static void main(String[] args) throws Exception {
        if (args.length != 2) {
            System.err.println("refused: give ISSUER and AUDIENCE, and the token on standard input");
            System.exit(1);
        }
        var verifier = verifier(args[0], args[1]);
        var token = new String(System.in.readAllBytes(), UTF_8).strip();
        try {
            System.out.println(verifier.process(token, null).getStringClaim("scope"));
        } catch (Exception refusal) {
            System.err.println("refused: " + refusal.getMessage());
            System.exit(1);
        }
    }

    /** Checks signature, algorithm, issuer, audience, times and type. Once in the life of a service: it keeps the keys. */
    static DefaultJWTProcessor<SecurityContext> verifier(String issuer, String audience) throws Exception {
        var keys = JWKSourceBuilder.create(URI.create(issuer.replaceFirst("/$", "") + "/jwks.json").toURL()).build();
        var required = new JWTClaimsSet.Builder().issuer(issuer).build();
        var claims = new DefaultJWTClaimsVerifier<SecurityContext>(audience, required, Set.of("exp"));
        // By default 60 seconds, which would stretch the life of a token.
        claims.setMaxClockSkew(0);
        var verifier = new DefaultJWTProcessor<SecurityContext>();
        verifier.setJWSTypeVerifier(new DefaultJOSEObjectTypeVerifier<>(new JOSEObjectType("at+jwt")));
        verifier.setJWSKeySelector(new JWSVerificationKeySelector<>(JWSAlgorithm.RS256, keys));
        verifier.setJWTClaimsSetVerifier(claims);
        return verifier;
    }
}
