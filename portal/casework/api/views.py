"""Read-only answers for programs, under the same rules as the public pages."""

from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal import clock
from portal.casework.api.serializers import ProgrammeSerializer
from portal.casework.programmes import all_programmes
from portal.policy.services import versions_in_force


class ProgrammesView(APIView):
    """GET: the programmes, each with the policies in force today. Public; titles in the language of the request."""

    authentication_classes = ()
    permission_classes = ()
    renderer_classes = (JSONRenderer,)

    def get(self, request: Request) -> Response:
        """Answer 200 with a list of programmes."""
        programmes, today = all_programmes(), clock.today()
        in_force = {item.code: versions_in_force(item.code, today) for item in programmes if item.is_open}
        return Response(ProgrammeSerializer(programmes, many=True, context={"in_force": in_force}).data)
