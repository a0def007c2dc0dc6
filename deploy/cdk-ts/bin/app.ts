// An app with one stack, as an example, and for `deploy/check-modules`: which parameters it gives, ENRICH_PARAMETERS says.
import { App, LegacyStackSynthesizer, Stack } from "aws-cdk-lib";
import { Enrich, Parameters } from "../lib/enrich";

const app = new App({ analyticsReporting: false });
const given = process.env.ENRICH_PARAMETERS;
const parameters: Parameters = given ? JSON.parse(given) : {};
const zip = process.env.ENRICH_PACKAGE;
// Without the parameter and the rule that the other synthesizers put into the template: what comes out is the template itself.
const synthesizer = zip === undefined ? new LegacyStackSynthesizer() : undefined;
const stack = new Stack(app, "enrich", { synthesizer });
new Enrich(stack, "Enrich", { parameters, package: zip, templateFile: process.env.ENRICH_TEMPLATE });
app.synth();
