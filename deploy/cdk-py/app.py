"""An app with one stack, as an example, and for `deploy/check-modules`: which parameters it gives, ENRICH_PARAMETERS says."""

import json
import os

from aws_cdk import App, LegacyStackSynthesizer, Stack

from enrich import Enrich

app = App(analytics_reporting=False)
parameters = json.loads(os.environ.get("ENRICH_PARAMETERS", "{}"))
package = os.environ.get("ENRICH_PACKAGE")
# Without the parameter and the rule that the other synthesizers put into the template: what comes out is the template itself.
synthesizer = LegacyStackSynthesizer() if package is None else None
Enrich(Stack(app, "enrich", synthesizer=synthesizer), "Enrich", parameters=parameters, package=package)
app.synth()
